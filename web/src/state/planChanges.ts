// What changes in the plan while it is open: by us, and by others.
import { signal } from '@preact/signals';
import { toIntervention, loadModel, loadPlan, type FeatureItem } from '../api';
import type { BoundingBox } from '../geometry';
import type { PlanData } from '../plan';
import { model, plan } from '../state';

/** Where the ground changed last: its tiles are drawn anew. A new object is a new change. */
export interface ChangedArea {
  collection: string;
  box: BoundingBox;
}

export const changedArea = signal<ChangedArea | null>(null);

/** The server's news do not arrive any more: the page may show what is no longer so. */
export const feedLost = signal(false);

/** Changes that came while the plan is read anew: what is read may be older than they are. */
let changesWhileReading: [put: FeatureItem[], gone: readonly string[]][] = [];
let pendingReadings = 0;
let lastReading = 0;

/** The plan with some interventions as they are now and others gone. */
export function applyChanges(put: FeatureItem[], gone: readonly string[]): void {
  if (pendingReadings) changesWhileReading.push([put, gone]);
  if (plan.value) plan.value = planWithChanges(plan.value, put, gone);
}

function planWithChanges(now: PlanData, put: FeatureItem[], gone: readonly string[]): PlanData {
  const fresh = new Map(put.map((item) => [String(item.id), toIntervention(item, now.cities)]));
  const left = now.interventions.filter((one) => !gone.includes(one.id)).map((one) => fresh.get(one.id) ?? one);
  const known = new Set(left.map((one) => one.id));
  const interventions = [...left, ...[...fresh.values()].filter((one) => !known.has(one.id))];
  return { ...now, interventions, byId: new Map(interventions.map((one) => [one.id, one])) };
}

/** The whole plan anew; where it cannot be had, what is shown stays. Of two readings the one that began last counts. */
export async function reloadPlan(): Promise<void> {
  const mine = ++lastReading;
  pendingReadings += 1;
  const read = await loadPlan().catch(() => null);
  pendingReadings -= 1;
  if (read && mine === lastReading) plan.value = changesWhileReading.reduce((now, [put, gone]) => planWithChanges(now, put, gone), read);
  if (!pendingReadings) changesWhileReading = [];
}

const WORLD: BoundingBox = [-180, -85, 180, 85];

/** Somebody else looks: everything is asked for anew, for it is not the same for everybody. */
export async function reloadEverything(): Promise<void> {
  changesWhileReading = [];
  const [fresh] = await Promise.all([loadModel().catch(() => model.value), reloadPlan()]);
  model.value = fresh;
  for (const collection of ['interventions', 'areas', 'segments', 'facilities']) changedArea.value = { collection, box: WORLD };
}

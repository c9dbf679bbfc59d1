// What changes in the plan while it is open: by us, and by others.
import { signal } from '@preact/signals';
import { intervention, loadModel, loadPlan, type FeatureItem } from '../api';
import type { BoundingBox } from '../geometry';
import type { PlanData } from '../plan';
import { model, plan } from '../state';

/** Where the ground changed last: its tiles are drawn anew. A new object is a new change. */
export interface ChangedArea {
  collection: string;
  box: BoundingBox;
}

export const touched = signal<ChangedArea | null>(null);

/** The server's news do not arrive any more: the page may show what is no longer so. */
export const lost = signal(false);

/** Changes that came while the plan is read anew: what is read may be older than they are. */
let meanwhile: [put: FeatureItem[], gone: readonly string[]][] = [];
let readings = 0;
let lastReading = 0;

/** The plan with some interventions as they are now and others gone. */
export function applyChanges(put: FeatureItem[], gone: readonly string[]): void {
  if (readings) meanwhile.push([put, gone]);
  if (plan.value) plan.value = changed(plan.value, put, gone);
}

function changed(now: PlanData, put: FeatureItem[], gone: readonly string[]): PlanData {
  const fresh = new Map(put.map((item) => [String(item.id), intervention(item, now.cities)]));
  const left = now.interventions.filter((one) => !gone.includes(one.id)).map((one) => fresh.get(one.id) ?? one);
  const known = new Set(left.map((one) => one.id));
  const interventions = [...left, ...[...fresh.values()].filter((one) => !known.has(one.id))];
  return { ...now, interventions, byId: new Map(interventions.map((one) => [one.id, one])) };
}

/** The whole plan anew; where it cannot be had, what is shown stays. Of two readings the one that began last counts. */
export async function reload(): Promise<void> {
  const mine = ++lastReading;
  readings += 1;
  const read = await loadPlan().catch(() => null);
  readings -= 1;
  if (read && mine === lastReading) plan.value = meanwhile.reduce((now, [put, gone]) => changed(now, put, gone), read);
  if (!readings) meanwhile = [];
}

const WORLD: BoundingBox = [-180, -85, 180, 85];

/** Somebody else looks: everything is asked for anew, for it is not the same for everybody. */
export async function renew(): Promise<void> {
  meanwhile = [];
  const [fresh] = await Promise.all([loadModel().catch(() => model.value), reload()]);
  model.value = fresh;
  for (const collection of ['interventions', 'areas', 'segments', 'facilities']) touched.value = { collection, box: WORLD };
}

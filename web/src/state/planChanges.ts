// Changes of the plan while the page is open, by this person and by others.
import { signal } from '@preact/signals';
import { toIntervention, loadModel, loadPlan, type FeatureItem } from '../api';
import type { BoundingBox } from '../geometry';
import type { PlanData } from '../plan';
import { model, plan } from '../state';

/** The area of the last change, whose tiles are refreshed. A new object is a new change. */
export interface ChangedArea {
  collection: string;
  box: BoundingBox;
}

export const changedArea = signal<ChangedArea | null>(null);

/** True while the change feed is interrupted: the page may be out of date. */
export const feedLost = signal(false);

/** Changes received while the plan is loading: the loaded plan may be older. */
let changesWhileReading: [put: FeatureItem[], gone: readonly string[]][] = [];
let pendingReadings = 0;
let lastReading = 0;

/** Applies changed and removed interventions to the plan. */
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

/**
 * Reloads the plan; where that fails, the page keeps the old one. Of several reloads the one that began last counts.
 */
export async function reloadPlan(): Promise<void> {
  const mine = ++lastReading;
  pendingReadings += 1;
  const read = await loadPlan().catch(() => null);
  pendingReadings -= 1;
  if (read && mine === lastReading) plan.value = changesWhileReading.reduce((now, [put, gone]) => planWithChanges(now, put, gone), read);
  if (!pendingReadings) changesWhileReading = [];
}

const WORLD: BoundingBox = [-180, -85, 180, 85];

/** Reloads everything for another account, whose permissions differ. */
export async function reloadEverything(): Promise<void> {
  changesWhileReading = [];
  const [fresh] = await Promise.all([loadModel().catch(() => model.value), reloadPlan()]);
  model.value = fresh;
  for (const collection of ['interventions', 'areas', 'segments', 'facilities']) changedArea.value = { collection, box: WORLD };
}

// The second map's state: another city, month or status group; everything else as on the first map.
import { computed } from '@preact/signals';
import { monthText, parseMonth, planAt, type MonthNumber } from '../planMonths';
import { matchingInterventions, type PlanFilter, type Intervention } from '../plan';
import { GROUPS, statusesOf, type StatusGroup } from '../symbology';
import { secondMapText, filter, month, plan } from '../state';

export interface SecondMapState {
  city: string;
  month: MonthNumber | null;
  group: StatusGroup | null;
}

export const secondMap = computed(() => parseSecondMap(secondMapText.value));

export function setSecondMap(one: SecondMapState | null): void {
  secondMapText.value = one ? formatSecondMap(one) : '';
}

/** Opens it as a copy of the first. */
export function openSecondMap(): void {
  setSecondMap({ city: filter.value.city, month: month.value, group: null });
}

/** The second map's interventions, of its city and the neighbours. */
export const secondMapInterventions = computed((): Intervention[] => {
  const now = secondMap.value;
  if (!now || !plan.value) return [];
  const at = now.month === null ? plan.value : planAt(plan.value, now.month);
  return matchingInterventions(at, secondMapFilter(now));
});

function secondMapFilter({ group }: SecondMapState): PlanFilter {
  const statuses = group ? new Set(statusesOf(group)) : filter.value.statuses;
  return { ...filter.value, city: '', statuses };
}

/** "granada,2030-01,done" */
export function formatSecondMap(one: SecondMapState): string {
  return [one.city, one.month === null ? '' : monthText(one.month), one.group ?? ''].join();
}

export function parseSecondMap(text: string): SecondMapState | null {
  const [city, at, group, ...rest] = text.split(',');
  if (city === undefined || at === undefined || group === undefined || rest.length) return null;
  return { city, month: parseMonth(at), group: GROUPS.find((one) => one === group) ?? null };
}

// The plan at a month: which works run, are planned or finished, by their own dates. Most dates are known to the month;
// months are counted from the year 0, so that they can be added and compared.
import type { Intervention, PlanData } from './plan';
import type { StatusGroup } from './symbology';

/** Months since January of the year 0. */
export type MonthNumber = number;

type DatedWorks = Pick<Intervention, 'start' | 'end' | 'group'>;

export const monthOf = (iso: string): MonthNumber => Number(iso.slice(0, 4)) * 12 + (Number(iso.slice(5, 7)) || 1) - 1;
export const monthText = (month: MonthNumber) => `${String(Math.floor(month / 12)).padStart(4, '0')}-${String((month % 12) + 1).padStart(2, '0')}`;
export const thisMonth = (): MonthNumber => monthOf(new Date().toISOString());

/** Reads "2026-06"; null for any other text. */
export function parseMonth(text: string): MonthNumber | null {
  return /^\d{4}-(0[1-9]|1[0-2])$/.test(text) ? monthOf(text) : null;
}

/** First and last month of the works. Without an end they go on, unless their status is done. Null without dates. */
export function worksSpan(one: DatedWorks): [MonthNumber, MonthNumber] | null {
  if (!one.start && !one.end) return null;
  const first = one.start ? monthOf(one.start) : monthOf(`${one.end!.slice(0, 4)}-01`);
  if (one.end) return [first, Math.max(first, monthOf(one.end))];
  return [first, one.group === 'done' ? first : Infinity];
}

/**
 * The status group at a month. Works whose status is not running have not begun before today; set-aside works stay so.
 * Null without dates.
 */
export function groupAt(one: DatedWorks, month: MonthNumber, now = thisMonth()): StatusGroup | null {
  const span = worksSpan(one);
  if (!span) return null;
  if (one.group === 'aside') return 'aside';
  const begun = one.group === 'running' || one.group === 'done';
  if (month < span[0]) return begun ? 'committed' : one.group;
  if (!begun && month <= now) return one.group;
  return month <= span[1] ? 'running' : 'done';
}

/** The plan at a month; interventions without dates are left out. */
export function planAt(plan: PlanData, month: MonthNumber): PlanData {
  const now = thisMonth();
  const interventions = plan.interventions.flatMap((one) => {
    const group = groupAt(one, month, now);
    return group ? [group === one.group ? one : { ...one, group }] : [];
  });
  return { ...plan, interventions };
}

/** Works per month, from the January of the first year with dates to the December of the last. */
export function countPerMonth(list: DatedWorks[]): { first: MonthNumber; counts: number[] } {
  const spans = list.flatMap((one) => worksSpan(one) ?? []);
  if (!spans.length) return { first: 0, counts: [] };
  const finite = spans.filter(Number.isFinite);
  const first = Math.floor(finite.reduce((a, b) => Math.min(a, b)) / 12) * 12;
  const last =
    Math.floor(
      Math.max(
        thisMonth(),
        finite.reduce((a, b) => Math.max(a, b)),
      ) / 12,
    ) *
      12 +
    11;
  const changes = new Array<number>(last - first + 2).fill(0);
  const now = thisMonth();
  for (const one of list) {
    const span = worksSpan(one);
    if (!span || one.group === 'aside') continue;
    const begun = one.group === 'running' || one.group === 'done';
    const from = begun ? span[0] : Math.max(span[0], now + 1);
    const to = Math.min(span[1], last);
    if (from > to) continue;
    changes[from - first]! += 1;
    changes[to + 1 - first]! -= 1;
  }
  let running = 0;
  return { first, counts: changes.slice(0, -1).map((change) => (running += change)) };
}

/** The next month in which works begin or have ended; null after the last one. */
export function nextChange(list: DatedWorks[], after: MonthNumber): MonthNumber | null {
  const changes = list.flatMap((one) => worksSpan(one) ?? []).flatMap((month, i) => (i % 2 ? month + 1 : month));
  const later = changes.filter((month) => month > after && Number.isFinite(month));
  return later.length ? later.reduce((a, b) => Math.min(a, b)) : null;
}

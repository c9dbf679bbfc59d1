// The plan at a date: what runs, what is still to come, what is done, by the dates it gives itself. A month is the finest that
// most dates are known to; months are counted from the year 0, so that they can be added and compared.
import type { Intervention, PlanData } from './plan';
import type { StatusGroup } from './symbology';

/** Months since January of the year 0. */
export type MonthNumber = number;

type DatedWorks = Pick<Intervention, 'start' | 'end' | 'group'>;

export const monthOf = (iso: string): MonthNumber => Number(iso.slice(0, 4)) * 12 + (Number(iso.slice(5, 7)) || 1) - 1;
export const monthText = (month: MonthNumber) => `${String(Math.floor(month / 12)).padStart(4, '0')}-${String((month % 12) + 1).padStart(2, '0')}`;
export const thisMonth = (): MonthNumber => monthOf(new Date().toISOString());

/** "2026-06" as a month; null for anything else. */
export function parseMonth(text: string): MonthNumber | null {
  return /^\d{4}-(0[1-9]|1[0-2])$/.test(text) ? monthOf(text) : null;
}

/** First and last month of the works; an open end lasts, except where the status says it is over. Null without any date. */
export function worksSpan(one: DatedWorks): [MonthNumber, MonthNumber] | null {
  if (!one.start && !one.end) return null;
  const first = one.start ? monthOf(one.start) : monthOf(`${one.end!.slice(0, 4)}-01`);
  if (one.end) return [first, Math.max(first, monthOf(one.end))];
  return [first, one.group === 'done' ? first : Infinity];
}

/** The group at a month. What has not begun by its status has not begun before today; what was set aside stays so. Null without any date. */
export function groupAt(one: DatedWorks, month: MonthNumber, now = thisMonth()): StatusGroup | null {
  const span = worksSpan(one);
  if (!span) return null;
  if (one.group === 'aside') return 'aside';
  const begun = one.group === 'running' || one.group === 'done';
  if (month < span[0]) return begun ? 'committed' : one.group;
  if (!begun && month <= now) return one.group;
  return month <= span[1] ? 'running' : 'done';
}

/** The plan as it stands at a month; what has no date is left out. */
export function planAt(plan: PlanData, month: MonthNumber): PlanData {
  const now = thisMonth();
  const interventions = plan.interventions.flatMap((one) => {
    const group = groupAt(one, month, now);
    return group ? [group === one.group ? one : { ...one, group }] : [];
  });
  return { ...plan, interventions };
}

/** How many run in each month, from the January of the first to the December of the last that is dated. */
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

/** The next month in which something begins or has ended, or null after the last one. */
export function nextChange(list: DatedWorks[], after: MonthNumber): MonthNumber | null {
  const changes = list.flatMap((one) => worksSpan(one) ?? []).flatMap((month, i) => (i % 2 ? month + 1 : month));
  const later = changes.filter((month) => month > after && Number.isFinite(month));
  return later.length ? later.reduce((a, b) => Math.min(a, b)) : null;
}

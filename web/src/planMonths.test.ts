import { expect, test } from 'vitest';
import { groupAt, monthOf, monthText, nextChange, parseMonth, countPerMonth } from './planMonths';
import type { StatusGroup } from './symbology';

const now = monthOf('2026-06');
const one = (group: StatusGroup, start?: string, end?: string) => ({ group, start, end });

test('a month comes back as it was written, and nothing else is a month', () => {
  expect(monthText(parseMonth('2026-06')!)).toBe('2026-06');
  expect(['2026', '2026-13', '2026-6', 'soon', ''].map(parseMonth)).toEqual([null, null, null, null, null]);
});

test('works are planned before, running during, done after', () => {
  const works = one('running', '2025-09-01', '2027-03-31');
  const at = (month: string) => groupAt(works, monthOf(month), now);
  expect([at('2025-08'), at('2025-09'), at('2027-03'), at('2027-04')]).toEqual(['committed', 'running', 'running', 'done']);
});

test('what is only proposed has not begun before today, and runs by its dates after', () => {
  const works = one('idea', '2025-01-01', '2027-12-31');
  const at = (month: string) => groupAt(works, monthOf(month), now);
  expect([at('2024-01'), at('2025-06'), at('2026-06'), at('2026-07'), at('2028-01')]).toEqual(['idea', 'idea', 'idea', 'running', 'done']);
});

test('what was set aside stays so, and what has no date has no place in time', () => {
  expect(groupAt(one('aside', '2020-01-01', '2021-01-01'), now, now)).toBe('aside');
  expect(groupAt(one('running'), now, now)).toBeNull();
});

test('works without an end go on; those that are done ended where they began', () => {
  expect(groupAt(one('running', '2020-01-01'), monthOf('2040-01'), now)).toBe('running');
  expect(groupAt(one('done', '2020-01-01'), monthOf('2020-02'), now)).toBe('done');
});

test('the count of each month is what a look at every month finds', () => {
  const list = [
    one('running', '2025-09-01', '2027-03-31'),
    one('done', '2019-02-01', '2019-02-28'),
    one('committed', '2031-05-01', '2032-01-31'),
    one('aside', '2020-01-01', '2030-01-01'),
    one('idea'),
  ];
  const { first, counts } = countPerMonth(list);
  expect(monthText(first)).toBe('2019-01');
  expect(monthText(first + counts.length - 1)).toBe('2032-12');
  expect(counts).toEqual(counts.map((_, i) => list.filter((works) => groupAt(works, first + i) === 'running').length));
});

test('the next change is the nearest beginning or the month after an end', () => {
  const list = [one('running', '2025-09-01', '2027-03-31'), one('committed', '2031-05-01')];
  expect(nextChange(list, monthOf('2025-09'))).toBe(monthOf('2027-04'));
  expect(nextChange(list, monthOf('2027-04'))).toBe(monthOf('2031-05'));
  expect(nextChange(list, monthOf('2031-05'))).toBeNull();
});

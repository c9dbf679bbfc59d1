import { describe, expect, test } from 'vitest';
import { assemblePlan } from './api';
import {
  euShareOf,
  matchingInterventions,
  NO_FILTER,
  countPerYear,
  sortInterventions,
  sumInterventions,
  widerFilters,
  withoutPart,
  type PlanFilter,
} from './plan';

const item = (id: string, properties: Record<string, unknown>, geometry: unknown = { type: 'Point', coordinates: [15.26, 46.23] }) =>
  ({ type: 'Feature', id, geometry, properties }) as never;

const plan = assemblePlan(
  [item('p', { name: 'Partner', country: 'SI' })],
  [
    item('celje', { name: 'Celje', country: 'SI', partner: 'p' }),
    item('lamia', { name: 'Λαμία', name_en: 'Lamia', names: { sl: 'Lamija' }, country: 'GR', partner: 'p' }),
  ],
  [],
  [
    item('a', {
      title: 'Prenova Prešernove',
      city: 'celje',
      status: 'completed',
      cost: 100.1,
      cost_scope: 'total',
      eu_share: 60.06,
      start: '2012-04-01',
      end: '2013-08-31',
    }),
    item('b', { title: 'Načrt', city: 'celje', status: 'idea', cost: 0.2, cost_scope: 'design', eu_share: 0.2, start: '2026-01-01' }),
    item('c', { title: 'Program', city: 'celje', status: 'funded', cost: 5000, cost_scope: 'programme', functions: ['housing'] }, null),
    item('d', { title: 'Πλατεία', title_en: 'Square', city: 'lamia', status: 'recurring' }),
  ],
  [],
);
const find = (filter: Partial<PlanFilter>) => matchingInterventions(plan, { ...NO_FILTER, ...filter }).map((one) => one.id);

describe('what matches', () => {
  test('accents and case do not matter', () => expect(find({ text: 'PRESERNOVE' })).toEqual(['a']));
  test("a city's name in any language finds what lies in it", () => {
    expect(find({ text: 'lamia' })).toEqual(['d']);
    expect(find({ text: 'λαμια' })).toEqual(['d']);
    expect(find({ text: 'Lamija square' })).toEqual(['d']);
  });
  test('all words must be met', () => expect(find({ text: 'prenova programov' })).toEqual([]));
  test('a span of years holds what runs in it and nothing without a date', () => {
    expect(find({ from: 2013, to: 2013 })).toEqual(['a']);
    expect(find({ from: 2013 })).toEqual(['a', 'b']);
    expect(find({ to: 2011 })).toEqual([]);
  });
  test('parts of the filter are joined by and, values in a part by or', () => {
    expect(find({ city: 'celje', statuses: new Set(['idea', 'funded']) })).toEqual(['b', 'c']);
    expect(find({ functions: new Set(['housing']), statuses: new Set(['idea']) })).toEqual([]);
  });
});

describe('what it adds up to', () => {
  const all = sumInterventions(plan.interventions);
  test('cents are exact, and programmes are not added', () => {
    expect(all.cost).toBe(10030);
    expect([all.count, all.costKnown, all.costPartial, all.programmes]).toEqual([4, 2, 1, 1]);
  });
  test('the EU share rests on whole costs only', () => {
    expect([all.eu, all.euOf, all.euKnown]).toEqual([6006, 10010, 1]);
    expect(euShareOf(plan.byId.get('b')!)).toBeNull();
  });
  test('what has no place and no date is counted', () => expect([all.withoutPlace, all.withoutDate]).toEqual([1, 2]));
  test('nothing adds up to nothing known', () => expect(sumInterventions([]).costKnown).toBe(0));
  test('years count what runs in each', () => {
    const bars = countPerYear(plan.interventions);
    expect(bars[0]).toEqual({ year: 2012, count: 1 });
    expect(bars).toHaveLength(15);
    expect(bars.at(-1)).toEqual({ year: 2026, count: 1 });
  });
});

test('unknown costs come last, equal ones by title', () => {
  const order = sortInterventions(plan.interventions, 'cost', (one) => one.title, 'sl').map((one) => one.id);
  expect(order).toEqual(['c', 'a', 'b', 'd']);
});

test('an empty result names each single step that finds something', () => {
  const filter = { ...NO_FILTER, city: 'lamia', statuses: new Set(['idea']) };
  expect(widerFilters(plan, filter)).toEqual([
    { part: 'statuses', count: 1 },
    { part: 'city', count: 1 },
  ]);
  expect(withoutPart(filter, 'city').city).toBe('');
});

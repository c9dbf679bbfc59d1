import { describe, expect, test } from 'vitest';
import type { Intervention } from './plan';
import { SCHEMES, schemeOf, type SchemeLabels } from './colourSchemes';
import { SYMBOL_IDS, symbolOf } from './symbology';

const words: SchemeLabels = {
  label: (_, id) => `the ${id}`,
  ids: (vocabulary) => (vocabulary === 'objective' ? ['PO1', 'PO2', 'PO3', 'PO4', 'PO5'] : ['housing', 'work']),
  city: (id) => id.toUpperCase(),
  euros: (cents) => `€${cents / 100}`,
  none: 'none',
  notCosted: 'not costed',
  others: 'others',
  upTo: (amount) => `≤${amount}`,
  over: (amount) => `>${amount}`,
  between: (from, to) => `${from}–${to}`,
};
const one = (over: Partial<Intervention>) => ({ group: 'idea', objectives: [], functions: [], cost: null, city: 'a', ...over }) as Intervention;
const list = 'aaabbccdefghij'.split('').map((city) => one({ city }));

describe.each(SCHEMES)('%s', (id) => {
  const { kinds, markOf } = schemeOf(id, list, words);

  test('each kind has its own colour, shape and text', () => {
    const marks = kinds.map(({ mark }) => mark);
    expect(new Set(marks).size).toBe(marks.length);
    expect(new Set(marks.map((mark) => symbolOf(mark).shape + (symbolOf(mark).tick ?? ''))).size).toBe(marks.length);
    expect(new Set(kinds.map(({ label }) => label)).size).toBe(marks.length);
  });

  test('everything is of a kind that the legend names', () => {
    const all = [...list, one({ objectives: ['PO9'] }), one({ functions: ['work'], cost: 99, city: 'zz', group: 'aside' }), one({ cost: 1e12 })];
    for (const each of all) expect(kinds.map(({ mark }) => mark)).toContain(markOf(each));
  });
});

test('every mark has a sign', () => {
  for (const mark of SYMBOL_IDS) expect(symbolOf(mark).shape).toMatch(/^M/);
});

test('the cities with most interventions have their own sign', () => {
  const { kinds, markOf } = schemeOf('city', list, words);
  expect(kinds.map(({ label }) => label)).toEqual(['A', 'B', 'C', 'D', 'E', 'F', 'G', 'others']);
  expect(markOf(one({ city: 'j' }))).toBe('kind-none');
});

test('a cost on the bound is within it', () => {
  const { markOf } = schemeOf('cost', list, words);
  expect([null, 0, 10_000_000, 10_000_001, 1e10].map((cost) => markOf(one({ cost })))).toEqual(['kind-none', 'cost-1', 'cost-1', 'cost-2', 'cost-5']);
});

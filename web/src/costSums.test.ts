import { expect, test } from 'vitest';
import { sumByKind, sumByYear } from './costSums';
import type { Intervention } from './plan';

const one = (over: Partial<Intervention>) => ({ group: 'running', cost: null, euShare: null, costScope: 'total', ...over }) as Intervention;

test('kinds add up known costs, and say how many are known', () => {
  const list = [
    one({ cost: 100, euShare: 40 }),
    one({ cost: 50 }),
    one({}),
    one({ cost: 900, costScope: 'programme' }),
    one({ cost: 10, euShare: 5, costScope: 'grant' }),
  ];
  expect(sumByKind(list, () => 'kind-1').get('kind-1')).toEqual({ count: 5, known: 3, cost: 160, eu: 40 });
});

test('a cost is spread over the months of its works, and nothing is lost on the way', () => {
  const list = [
    one({ cost: 2400, euShare: 1200, start: '2024-07-01', end: '2026-06-30' }),
    one({ cost: 500, start: '2028-03-01', end: '2028-03-31' }),
    one({ cost: 7 }),
    one({ cost: 7, start: '2020-01-01' }),
  ];
  const { years, known } = sumByYear(list);
  expect(known).toBe(2);
  expect(years).toEqual([
    { year: 2024, cost: 600, eu: 300 },
    { year: 2025, cost: 1200, eu: 600 },
    { year: 2026, cost: 600, eu: 300 },
    { year: 2027, cost: 0, eu: 0 },
    { year: 2028, cost: 500, eu: 0 },
  ]);
});

test('without costs or dates there are no years', () => expect(sumByYear([one({})])).toEqual({ years: [], known: 0 }));

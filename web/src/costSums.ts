// Cost of the results by kind and by year, in cents. Only whole costs are added, as in the plan's totals; a year gets
// its share as if the cost were spread evenly over the months of the works.
import { worksSpan } from './planMonths';
import { euShareOf, type Intervention } from './plan';
import type { SymbolId } from './symbology';

export interface CostPart {
  count: number;
  known: number;
  cost: number;
  /** The known EU share of the cost. */
  eu: number;
}

/** The cost of a programme stands for several actions and is not added to them. */
const isCounted = (one: Intervention) => one.cost !== null && one.costScope !== 'programme';
const euPart = (one: Intervention) => (euShareOf(one) === null ? 0 : Math.min(one.euShare ?? 0, one.cost ?? 0));

export function sumByKind(list: Intervention[], markOf: (one: Intervention) => SymbolId): Map<SymbolId, CostPart> {
  const parts = new Map<SymbolId, CostPart>();
  for (const one of list) {
    const part = parts.get(markOf(one)) ?? { count: 0, known: 0, cost: 0, eu: 0 };
    part.count += 1;
    if (isCounted(one)) {
      part.known += 1;
      part.cost += one.cost!;
      part.eu += euPart(one);
    }
    parts.set(markOf(one), part);
  }
  return parts;
}

export interface YearlyCost {
  years: { year: number; cost: number; eu: number }[];
  /** How many have a cost, a start and an end, and so count in the years. */
  known: number;
}

export function sumByYear(list: Intervention[]): YearlyCost {
  const years = new Map<number, { cost: number; eu: number }>();
  let known = 0;
  for (const one of list) {
    const span = worksSpan(one);
    if (!isCounted(one) || !span || !one.start || !Number.isFinite(span[1])) continue;
    known += 1;
    const months = span[1] - span[0] + 1;
    for (let year = Math.floor(span[0] / 12); year <= Math.floor(span[1] / 12); year++) {
      const inYear = Math.min(span[1], year * 12 + 11) - Math.max(span[0], year * 12) + 1;
      const sum = years.get(year) ?? { cost: 0, eu: 0 };
      sum.cost += (one.cost! * inYear) / months;
      sum.eu += (euPart(one) * inYear) / months;
      years.set(year, sum);
    }
  }
  const all = [...years.keys()];
  const [first, last] = [Math.min(...all), Math.max(...all)];
  const filled = all.length ? Array.from({ length: last - first + 1 }, (_, i) => ({ year: first + i, ...(years.get(first + i) ?? { cost: 0, eu: 0 }) })) : [];
  return { years: filled, known };
}

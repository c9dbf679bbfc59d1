// The money of what was found, by kind and by year. Whole costs only are added up as in the sums of the list; a year has its share
// of each cost as if it were spent evenly over the months of the works. Money in cents.
import { worksSpan } from './planMonths';
import { euShareOf, type Intervention } from './plan';
import type { SymbolId } from './symbology';

export interface CostPart {
  count: number;
  known: number;
  cost: number;
  /** Of the cost, what is known to come from the EU. */
  eu: number;
}

/** A sum for a whole programme stands for several actions and is not added to them. */
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
  /** How many have both a cost and a beginning and an end, and so stand in the years. */
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

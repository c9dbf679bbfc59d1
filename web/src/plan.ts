// The plan on the page, and pure functions of it: filtering, sorting, totals.
import type { Geometry, Position } from 'geojson';
import { matchesWords, searchWords } from './textSearch';
import type { BoundingBox } from './geometry';
import { shareOf, type DecimalAmount } from './money';
import { GROUPS, groupOf, statusesOf, type StatusGroup } from './symbology';

export interface PlanPartner {
  id: string;
  name: string;
  country: string;
  lead: boolean;
  cities: PlanCity[];
}

export interface PlanCity {
  id: string;
  name: string;
  name_en?: string;
  names?: Record<string, string>;
  country: string;
  /** The reference system of the city's data: `EPSG:3794`. */
  grid: string;
  partner: string;
  point: Position | null;
  box: BoundingBox | null;
  folded: string;
}

export interface PlanArea {
  id: string;
  name: string;
  name_en?: string;
  city: string;
  schematic: boolean;
  geometry: Geometry | null;
}

export interface Intervention {
  id: string;
  title: string;
  title_en?: string;
  language?: string;
  city: string;
  status: string;
  group: StatusGroup;
  functions: string[];
  objectives: string[];
  start?: string;
  end?: string;
  date_precision?: string;
  cost: number | null;
  euShare: number | null;
  costScope: string;
  geometry: Geometry | null;
  box: BoundingBox | null;
  /** All properties, as the server sent them. */
  properties: Record<string, unknown> & { cost?: DecimalAmount; eu_share?: DecimalAmount };
  /** Searchable text in all languages, folded. */
  folded: string;
}

export interface PlanData {
  partners: PlanPartner[];
  cities: Map<string, PlanCity>;
  areas: PlanArea[];
  interventions: Intervention[];
  byId: Map<string, Intervention>;
  /** Names of indicators by id and language. */
  indicators: Map<string, Record<string, string>>;
}

export interface PlanFilter {
  city: string;
  text: string;
  statuses: ReadonlySet<string>;
  objectives: ReadonlySet<string>;
  functions: ReadonlySet<string>;
  from: number | null;
  to: number | null;
}

export type PlanFilterPart = 'city' | 'text' | 'statuses' | 'objectives' | 'functions' | 'years';

export const NO_FILTER: PlanFilter = {
  city: '',
  text: '',
  statuses: new Set(),
  objectives: new Set(),
  functions: new Set(),
  from: null,
  to: null,
};

export function activeParts(filter: PlanFilter): PlanFilterPart[] {
  const parts: [PlanFilterPart, boolean][] = [
    ['text', searchWords(filter.text).length > 0],
    ['statuses', filter.statuses.size > 0],
    ['objectives', filter.objectives.size > 0],
    ['functions', filter.functions.size > 0],
    ['years', filter.from !== null || filter.to !== null],
    ['city', filter.city !== ''],
  ];
  return parts.filter(([, active]) => active).map(([part]) => part);
}

export function withoutPart(filter: PlanFilter, part: PlanFilterPart): PlanFilter {
  if (part === 'years') return { ...filter, from: null, to: null };
  return { ...filter, [part]: NO_FILTER[part] };
}

export function matchingInterventions(plan: PlanData, filter: PlanFilter): Intervention[] {
  const wanted = searchWords(filter.text);
  return plan.interventions.filter(
    (one) =>
      (!filter.city || one.city === filter.city) &&
      (!filter.statuses.size || hasStatus(one, filter.statuses)) &&
      meetsAny(one.objectives, filter.objectives) &&
      meetsAny(one.functions, filter.functions) &&
      inYears(one, filter.from, filter.to) &&
      matchesWords(one.folded, wanted),
  );
}

/** At another month an intervention has that month's group, and matches any of its statuses. */
function hasStatus({ status, group }: Intervention, wanted: ReadonlySet<string>): boolean {
  return group === groupOf(status) ? wanted.has(status) : statusesOf(group).some((one) => wanted.has(one));
}

const meetsAny = (has: string[], wanted: ReadonlySet<string>) => !wanted.size || has.some((value) => wanted.has(value));

/**
 * First and last year, or null without dates. Running works without an end last until this year, others without an end
 * only in their first.
 */
export function yearSpan(one: Pick<Intervention, 'start' | 'end' | 'group'>): [number, number] | null {
  const first = one.start ?? one.end;
  if (!first) return null;
  const start = Number(first.slice(0, 4));
  if (one.end) return [start, Number(one.end.slice(0, 4))];
  return [start, one.group === 'running' ? Math.max(start, new Date().getUTCFullYear()) : start];
}

function inYears(one: Intervention, from: number | null, to: number | null): boolean {
  if (from === null && to === null) return true;
  const span = yearSpan(one);
  return span !== null && span[1] >= (from ?? -Infinity) && span[0] <= (to ?? Infinity);
}

export type ListOrder = 'status' | 'start' | 'cost' | 'title';

/** Returns a sorted copy. Unknown values come last, equal ones by title, so that the order is stable. */
export function sortInterventions(list: Intervention[], order: ListOrder, title: (one: Intervention) => string, language: string): Intervention[] {
  const collator = new Intl.Collator(language);
  const byTitle = (a: Intervention, b: Intervention) => collator.compare(title(a), title(b)) || (a.id < b.id ? -1 : 1);
  const by: Record<ListOrder, (a: Intervention, b: Intervention) => number> = {
    title: () => 0,
    status: (a, b) => GROUPS.indexOf(a.group) - GROUPS.indexOf(b.group),
    start: (a, b) => compareKnown(a.start ?? a.end, b.start ?? b.end, (x, y) => (x < y ? -1 : x > y ? 1 : 0)),
    cost: (a, b) => compareKnown(a.cost, b.cost, (x, y) => y - x),
  };
  return [...list].sort((a, b) => by[order](a, b) || byTitle(a, b));
}

function compareKnown<T>(a: T | null | undefined, b: T | null | undefined, compare: (a: T, b: T) => number): number {
  if (a === null || a === undefined) return b === null || b === undefined ? 0 : 1;
  return b === null || b === undefined ? -1 : compare(a, b);
}

/** The EU share of the cost. Null unless the cost is the whole cost: a share of a grant or a design means nothing. */
export function euShareOf(one: Intervention): number | null {
  return WHOLE.has(one.costScope) ? shareOf(one.euShare, one.cost) : null;
}

const WHOLE = new Set(['total', 'unknown']);

export interface PlanTotals {
  count: number;
  /** Sum of known costs in cents, and how many are known. */
  cost: number;
  costKnown: number;
  /** Known costs in the sum that are not the whole cost of one action (design, grant, unknown scope). */
  costPartial: number;
  /** Costs of programmes: they stand for several actions, so they are not added. */
  programmes: number;
  /** EU money in cents where the whole cost is known, and that cost: numerator and denominator. */
  eu: number;
  euOf: number;
  euKnown: number;
  withoutPlace: number;
  withoutDate: number;
  byGroup: Map<StatusGroup, number>;
}

export function sumInterventions(list: Intervention[]): PlanTotals {
  const all: PlanTotals = {
    count: list.length,
    cost: 0,
    costKnown: 0,
    costPartial: 0,
    programmes: 0,
    eu: 0,
    euOf: 0,
    euKnown: 0,
    withoutPlace: 0,
    withoutDate: 0,
    byGroup: new Map(),
  };
  for (const one of list) {
    if (one.cost !== null && one.costScope === 'programme') all.programmes += 1;
    else if (one.cost !== null) {
      all.cost += one.cost;
      all.costKnown += 1;
      if (one.costScope !== 'total') all.costPartial += 1;
      if (euShareOf(one) !== null) {
        all.eu += one.euShare ?? 0;
        all.euOf += one.cost;
        all.euKnown += 1;
      }
    }
    if (!one.geometry) all.withoutPlace += 1;
    if (!one.start && !one.end) all.withoutDate += 1;
    all.byGroup.set(one.group, (all.byGroup.get(one.group) ?? 0) + 1);
  }
  return all;
}

/** The number of results without one part of the filter, for each part that would give any. */
export function widerFilters(plan: PlanData, filter: PlanFilter): { part: PlanFilterPart; count: number }[] {
  return activeParts(filter)
    .map((part) => ({ part, count: matchingInterventions(plan, withoutPart(filter, part)).length }))
    .filter(({ count }) => count > 0);
}

/** Interventions per year, from the first year to the last. */
export function countPerYear(list: Intervention[]): { year: number; count: number }[] {
  const spans = list.map(yearSpan).filter((span) => span !== null);
  if (!spans.length) return [];
  const first = Math.min(...spans.map(([start]) => start));
  const last = Math.max(...spans.map(([, end]) => end));
  return Array.from({ length: last - first + 1 }, (_, i) => {
    const year = first + i;
    return { year, count: spans.filter(([start, end]) => start <= year && year <= end).length };
  });
}

// Translates a query to OGC API Processes requests: which processes with which inputs, or which input is missing.
import type { Geometry } from 'geojson';
import type { PlanFilter } from '../plan';
import type { SpatialQuery } from './spatialQuery';

export interface ProcessRequest {
  process: string;
  inputs: Record<string, unknown>;
}

/** The input that a query still needs. */
export type MissingInput = 'area' | 'point' | 'intervention' | 'city';

export type QueryRequests = { requests: Record<string, ProcessRequest>; missing?: undefined } | { requests?: undefined; missing: MissingInput };

/** The plan's filters, and the days of the shown month or years. */
export interface QueryContext {
  filter: PlanFilter;
  days: { from?: string; to?: string };
}

type ProcessInputs = Record<string, unknown>;

/** Default options. */
export const DEFAULT_OPTIONS: Record<string, string> = {
  radius: '300',
  distance: '100',
  gap: '150',
  minutes: '10',
  what: 'interventions',
  reached: 'facilities',
  missing: 'class-park',
  having: 'class-park',
  rule: 'whole',
  by: 'status',
  preset: 'RCO114',
  rate: 'vacant',
  per: 'segment',
  budget: '2000000',
};

export const optionOf = (query: Pick<SpatialQuery, 'options'>, name: string): string => query.options[name] ?? DEFAULT_OPTIONS[name] ?? '';

/** A typed number; the default where it is none. */
export function optionNumber(query: Pick<SpatialQuery, 'options'>, name: string): number {
  const value = Number(optionOf(query, name));
  return Number.isFinite(value) && optionOf(query, name) !== '' ? value : Number(DEFAULT_OPTIONS[name] ?? 0);
}

export function buildRequests(query: SpatialQuery, context: QueryContext): QueryRequests {
  const area: string | Geometry | null = query.area || query.shape;
  const works = { ...filterInputs(context.filter), ...context.days };
  const inCity = { ...filterInputs(context.filter, true), ...context.days };
  const one = (process: string, inputs: ProcessInputs): QueryRequests => ({ requests: { [process]: { process, inputs } } });
  switch (query.question) {
    case 'inside':
      if (!area) return { missing: 'area' };
      return {
        requests: {
          inside: { process: 'inside', inputs: { area, ...works } },
          summary: { process: 'summary', inputs: { area, group_by: ['status', 'objectives'], rule: optionOf(query, 'rule'), ...works } },
          footprint: { process: 'footprint', inputs: { area, preset: 'RCO114', ...pickInput(works, 'filter') } },
        },
      };
    case 'nearby':
      if (!query.point) return { missing: 'point' };
      return one('nearby', { point: query.point, radius_m: optionNumber(query, 'radius'), ...collectionInputs(optionOf(query, 'what'), works) });
    case 'reach':
      if (!query.point) return { missing: 'point' };
      return one('reach', {
        point: query.point,
        minutes: optionNumber(query, 'minutes'),
        ...collectionInputs(optionOf(query, 'reached'), filterInputs(context.filter)),
        ...(comparedDays(query) ?? dayInput(context.days)),
      });
    case 'gaps':
      if (!area) return { missing: 'area' };
      return one('gaps', { area, distance_m: optionNumber(query, 'gap'), ...collectionInputs(optionOf(query, 'missing'), works) });
    case 'without':
      return one('without', {
        ...collectionInputs(optionOf(query, 'what'), inCity, context.filter.city),
        ...otherInputs(collectionInputs(optionOf(query, 'having'), works)),
        distance_m: optionNumber(query, 'distance'),
        ...(area ? { area } : {}),
      });
    case 'conflicts':
      return one('conflicts', { distance_m: optionNumber(query, 'distance'), ...(area ? { area, ...works } : inCity) });
    case 'summary':
      return one('summary', summaryInputs(query, area, works, inCity, context.filter.city));
    case 'coverage':
      if (!context.filter.city) return { missing: 'city' };
      return one('coverage', { areas_filter: { city: context.filter.city }, ...works });
    case 'footprint':
      return one('footprint', { preset: optionOf(query, 'preset'), ...(area ? { area, ...works } : inCity) });
    case 'rate':
      return one('rate', rateInputs(query, context.filter.city));
    case 'similar':
      if (!optionOf(query, 'id')) return { missing: 'intervention' };
      return one('similar', { intervention: optionOf(query, 'id'), k: 12 });
    case 'portfolio':
      return one('portfolio', portfolioInputs(query, inCity));
  }
}

/** Both days, or null: one day alone compares nothing. */
function comparedDays(query: SpatialQuery): ProcessInputs | null {
  const [before, after] = [optionOf(query, 'before'), optionOf(query, 'after')];
  return before && after ? { before, after } : null;
}

/** For a process with one day: the first of the shown days. */
function dayInput({ from, to }: QueryContext['days']): ProcessInputs {
  const at = from ?? to;
  return at ? { at } : {};
}

function summaryInputs(query: SpatialQuery, area: string | Geometry | null, works: ProcessInputs, inCity: ProcessInputs, city: string): ProcessInputs {
  const by = optionOf(query, 'by');
  if (by === 'area') return { group_by: ['area'], rule: optionOf(query, 'rule'), ...(city ? { areas_filter: { city } } : {}), ...works };
  return { group_by: [by], rule: optionOf(query, 'rule'), ...(area ? { area, ...works } : inCity) };
}

function rateInputs(query: SpatialQuery, city: string): ProcessInputs {
  const [before, after] = [optionOf(query, 'first'), optionOf(query, 'second')];
  const per = optionOf(query, 'per');
  return {
    numerator: { state: optionOf(query, 'rate').split('+') },
    // A unit that has ceased to exist counts on neither side.
    denominator: { state: ['occupied', 'vacant', 'works', 'unknown'] },
    group_by: per,
    ...(per === 'segment' ? { places: 'segments' } : {}),
    ...(city ? { filter: { city } } : {}),
    ...(city && per === 'area' ? { areas_filter: { city } } : {}),
    ...(before && after && before !== after
      ? { before: { survey: before }, after: { survey: after } }
      : after
        ? { filter: { ...(city ? { city } : {}), survey: after } }
        : {}),
  };
}

/** Criteria of a portfolio; those without a weight are not sent. */
export const CRITERIA = ['interventions', 'objectives', 'functions', 'pillars', 'types', 'eu_share', 'ground'] as const;

function portfolioInputs(query: SpatialQuery, inCity: ProcessInputs): ProcessInputs {
  const each = optionOf(query, 'each');
  const weights = CRITERIA.filter((name) => optionOf(query, `w-${name}`)).map((name) => [name, optionNumber(query, `w-${name}`)] as const);
  return {
    budget: optionNumber(query, 'budget'),
    depends_on: optionOf(query, 'depends') !== 'no',
    exclusive_tests: optionOf(query, 'tests') !== 'no',
    ...(each ? { at_least_one: { [each]: [] } } : {}),
    ...(weights.length ? { weights: Object.fromEntries(weights) } : {}),
    ...pickInput(inCity, 'filter'),
  };
}

/** The plan's filters as process inputs, without the search text. */
export function filterInputs({ city, statuses, objectives, functions }: PlanFilter, withCity = false): { filter?: ProcessInputs } {
  const filter: ProcessInputs = {
    ...(withCity && city ? { city } : {}),
    ...(statuses.size ? { status: [...statuses] } : {}),
    ...(objectives.size ? { objectives: [...objectives] } : {}),
    ...(functions.size ? { functions: [...functions] } : {}),
  };
  return Object.keys(filter).length ? { filter } : {};
}

/**
 * Inputs for a searched collection: `interventions` with the plan's filters, `calm` for streets without cars, `class-X`
 * for facilities of a class.
 */
function collectionInputs(what: string, works: ProcessInputs, city = ''): ProcessInputs {
  const place = city ? { city } : {};
  if (what.startsWith('class-')) return { collection: 'facilities', filter: { class: what.slice(6), ...place } };
  if (what === 'facilities') return { collection: 'facilities', ...(city ? { filter: place } : {}) };
  if (what === 'calm') return { collection: 'segments', filter: { pedestrian: ['timed', 'full'], ...place } };
  if (what === 'segments') return { collection: 'segments', ...(city ? { filter: place } : {}) };
  return { collection: 'interventions', ...works };
}

function otherInputs({ collection, filter }: ProcessInputs): ProcessInputs {
  return { other: collection, ...(filter ? { other_filter: filter } : {}) };
}

const pickInput = (inputs: ProcessInputs, name: string): ProcessInputs => (inputs[name] === undefined ? {} : { [name]: inputs[name] });

/** The request that compares a subject: the same process for each. */
export function subjectRequest(subject: string, drawn: Geometry | null, { filter, days }: QueryContext): ProcessRequest | null {
  const works = filterInputs({ ...filter, city: '' });
  const group_by = ['status', 'objectives', 'functions'];
  if (subject === 'drawn') return drawn ? { process: 'summary', inputs: { area: drawn, group_by, ...works, ...days } } : null;
  const [kind, id] = subject.split(':');
  if (kind === 'area') return { process: 'summary', inputs: { area: id, group_by, ...works, ...days } };
  return { process: 'summary', inputs: { group_by, ...days, filter: { ...works.filter, city: id } } };
}

/** First and last day of a month such as `2026-02`. */
export function daysOfMonth(month: string): { from: string; to: string } {
  const [year, nth] = month.split('-').map(Number);
  return { from: `${month}-01`, to: new Date(Date.UTC(year!, nth!, 0)).toISOString().slice(0, 10) };
}

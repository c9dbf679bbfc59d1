// From what a person asks to what the server is asked: which processes, with which inputs; or what is still missing.
import type { Geometry } from 'geojson';
import type { PlanFilter } from '../plan';
import type { SpatialQuery } from './spatialQuery';

export interface ProcessRequest {
  process: string;
  inputs: Record<string, unknown>;
}

/** What a question still lacks. */
export type MissingInput = 'area' | 'point' | 'intervention' | 'city';

export type QueryRequests = { requests: Record<string, ProcessRequest>; missing?: undefined } | { requests?: undefined; missing: MissingInput };

/** What else decides: the plan's filters, and the days of the shown month or years. */
export interface QueryContext {
  filter: PlanFilter;
  days: { from?: string; to?: string };
}

type ProcessInputs = Record<string, unknown>;

/** The values a question begins with. */
export const DEFAULTS: Record<string, string> = {
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

export const option = (asked: Pick<SpatialQuery, 'options'>, name: string): string => asked.options[name] ?? DEFAULTS[name] ?? '';

/** A number that a person typed; what is no number is the default. */
export function amount(asked: Pick<SpatialQuery, 'options'>, name: string): number {
  const value = Number(option(asked, name));
  return Number.isFinite(value) && option(asked, name) !== '' ? value : Number(DEFAULTS[name] ?? 0);
}

export function requestsFor(asked: SpatialQuery, context: QueryContext): QueryRequests {
  const area: string | Geometry | null = asked.area || asked.shape;
  const works = { ...chosen(context.filter), ...context.days };
  const inCity = { ...chosen(context.filter, true), ...context.days };
  const one = (process: string, inputs: ProcessInputs): QueryRequests => ({ requests: { [process]: { process, inputs } } });
  switch (asked.question) {
    case 'inside':
      if (!area) return { missing: 'area' };
      return {
        requests: {
          inside: { process: 'inside', inputs: { area, ...works } },
          summary: { process: 'summary', inputs: { area, group_by: ['status', 'objectives'], rule: option(asked, 'rule'), ...works } },
          footprint: { process: 'footprint', inputs: { area, preset: 'RCO114', ...only(works, 'filter') } },
        },
      };
    case 'nearby':
      if (!asked.point) return { missing: 'point' };
      return one('nearby', { point: asked.point, radius_m: amount(asked, 'radius'), ...choice(option(asked, 'what'), works) });
    case 'reach':
      if (!asked.point) return { missing: 'point' };
      return one('reach', {
        point: asked.point,
        minutes: amount(asked, 'minutes'),
        ...choice(option(asked, 'reached'), chosen(context.filter)),
        ...(beforeAndAfter(asked) ?? onDay(context.days)),
      });
    case 'gaps':
      if (!area) return { missing: 'area' };
      return one('gaps', { area, distance_m: amount(asked, 'gap'), ...choice(option(asked, 'missing'), works) });
    case 'without':
      return one('without', {
        ...choice(option(asked, 'what'), inCity, context.filter.city),
        ...others(choice(option(asked, 'having'), works)),
        distance_m: amount(asked, 'distance'),
        ...(area ? { area } : {}),
      });
    case 'conflicts':
      return one('conflicts', { distance_m: amount(asked, 'distance'), ...(area ? { area, ...works } : inCity) });
    case 'summary':
      return one('summary', summaryInputs(asked, area, works, inCity, context.filter.city));
    case 'coverage':
      if (!context.filter.city) return { missing: 'city' };
      return one('coverage', { areas_filter: { city: context.filter.city }, ...works });
    case 'footprint':
      return one('footprint', { preset: option(asked, 'preset'), ...(area ? { area, ...works } : inCity) });
    case 'rate':
      return one('rate', rateInputs(asked, context.filter.city));
    case 'similar':
      if (!option(asked, 'id')) return { missing: 'intervention' };
      return one('similar', { intervention: option(asked, 'id'), k: 12 });
    case 'portfolio':
      return one('portfolio', portfolioInputs(asked, inCity));
  }
}

/** Both days, or none: one alone compares nothing. */
function beforeAndAfter(asked: SpatialQuery): ProcessInputs | null {
  const [before, after] = [option(asked, 'before'), option(asked, 'after')];
  return before && after ? { before, after } : null;
}

/** Where a question knows one day only, it is the first of those shown. */
function onDay({ from, to }: QueryContext['days']): ProcessInputs {
  const at = from ?? to;
  return at ? { at } : {};
}

function summaryInputs(asked: SpatialQuery, area: string | Geometry | null, works: ProcessInputs, inCity: ProcessInputs, city: string): ProcessInputs {
  const by = option(asked, 'by');
  if (by === 'area') return { group_by: ['area'], rule: option(asked, 'rule'), ...(city ? { areas_filter: { city } } : {}), ...works };
  return { group_by: [by], rule: option(asked, 'rule'), ...(area ? { area, ...works } : inCity) };
}

function rateInputs(asked: SpatialQuery, city: string): ProcessInputs {
  const [before, after] = [option(asked, 'first'), option(asked, 'second')];
  const per = option(asked, 'per');
  return {
    numerator: { state: option(asked, 'rate').split('+') },
    // A unit that is no longer one leaves both sides.
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

/** Criteria a choice can be weighed by; a weight of nothing is not sent. */
export const CRITERIA = ['interventions', 'objectives', 'functions', 'pillars', 'types', 'eu_share', 'ground'] as const;

function portfolioInputs(asked: SpatialQuery, inCity: ProcessInputs): ProcessInputs {
  const each = option(asked, 'each');
  const weights = CRITERIA.filter((name) => option(asked, `w-${name}`)).map((name) => [name, amount(asked, `w-${name}`)] as const);
  return {
    budget: amount(asked, 'budget'),
    depends_on: option(asked, 'depends') !== 'no',
    exclusive_tests: option(asked, 'tests') !== 'no',
    ...(each ? { at_least_one: { [each]: [] } } : {}),
    ...(weights.length ? { weights: Object.fromEntries(weights) } : {}),
    ...only(inCity, 'filter'),
  };
}

/** The plan's filters as a question takes them. Search words are not among them. */
export function chosen({ city, statuses, objectives, functions }: PlanFilter, withCity = false): { filter?: ProcessInputs } {
  const filter: ProcessInputs = {
    ...(withCity && city ? { city } : {}),
    ...(statuses.size ? { status: [...statuses] } : {}),
    ...(objectives.size ? { objectives: [...objectives] } : {}),
    ...(functions.size ? { functions: [...functions] } : {}),
  };
  return Object.keys(filter).length ? { filter } : {};
}

/** `interventions` with the plan's filters, `calm` for streets without cars, `class-X` for facilities of a class. */
function choice(what: string, works: ProcessInputs, city = ''): ProcessInputs {
  const place = city ? { city } : {};
  if (what.startsWith('class-')) return { collection: 'facilities', filter: { class: what.slice(6), ...place } };
  if (what === 'facilities') return { collection: 'facilities', ...(city ? { filter: place } : {}) };
  if (what === 'calm') return { collection: 'segments', filter: { pedestrian: ['timed', 'full'], ...place } };
  if (what === 'segments') return { collection: 'segments', ...(city ? { filter: place } : {}) };
  return { collection: 'interventions', ...works };
}

function others({ collection, filter }: ProcessInputs): ProcessInputs {
  return { other: collection, ...(filter ? { other_filter: filter } : {}) };
}

const only = (inputs: ProcessInputs, name: string): ProcessInputs => (inputs[name] === undefined ? {} : { [name]: inputs[name] });

/** Two surveys, two areas and the like are compared with the same question. */
export function subjectRequest(subject: string, drawn: Geometry | null, { filter, days }: QueryContext): ProcessRequest | null {
  const works = chosen({ ...filter, city: '' });
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

import { describe, expect, test } from 'vitest';
import { NO_FILTER } from '../plan';
import { resultGeojson, numbersByGroup, featuresCsv, mergeLeftOut, findNumber, numbersCsv, type ProcessResult } from './processResult';
import { EMPTY_QUERY, QUESTIONS, type SpatialQuery } from './spatialQuery';
import { optionNumber, filterInputs, daysOfMonth, buildRequests, subjectRequest } from './processRequests';
import { queryShapes, buildOverlay } from './answerOverlay';
import { joinMonths } from './monthSpans';

const RING = {
  type: 'Polygon' as const,
  coordinates: [
    [
      [15.26, 46.22],
      [15.27, 46.22],
      [15.27, 46.23],
      [15.26, 46.22],
    ],
  ],
};
const nothing = { filter: NO_FILTER, days: {} };
const ask = (query: Partial<SpatialQuery>, context = nothing) => buildRequests({ ...EMPTY_QUERY, ...query }, context);

const ANSWER: ProcessResult = {
  numbers: [
    { name: 'features', value: 2, unit: 'features', ids: ['a', 'b'] },
    { name: 'cost', value: 12.5, decimal: '12.50', unit: 'EUR', ids: ['a'] },
    { name: 'features', value: 1, unit: 'features', group: { status: 'idea' }, ids: ['a'] },
    { name: 'features', value: 1, unit: 'features', group: { status: 'completed' }, ids: ['b'] },
    { name: 'features', value: 1, unit: 'features', group: { area: 'x', status: 'idea' }, ids: ['a'] },
  ],
  features: {
    type: 'FeatureCollection',
    features: [
      { type: 'Feature', id: 'a', geometry: null, properties: { title: 'Square, "new"', cost: 12.5 }, result: { share: 0.5 } },
      { type: 'Feature', id: 'b', geometry: null, properties: { title: '=HYPERLINK("x")' }, result: { share: 1 } },
    ],
  },
  left_out: { without_place: ['c', 'd'], undated: ['d'] },
  rules: ['A rule.'],
};

describe('an answer', () => {
  test('a number is found by its name and its whole group', () => {
    expect(findNumber(ANSWER, 'features')?.value).toBe(2);
    expect(findNumber(ANSWER, 'features', { status: 'idea' })?.ids).toEqual(['a']);
    expect(findNumber(ANSWER, 'features', { area: 'x', status: 'idea' })?.value).toBe(1);
    expect(findNumber(ANSWER, 'features', { area: 'x' })).toBeUndefined();
    expect([...numbersByGroup(ANSWER, 'features', 'status').keys()]).toEqual(['idea', 'completed']);
  });

  test('what was left out by several answers is said once', () => {
    expect(mergeLeftOut([ANSWER, ANSWER]).get('without_place')).toEqual(['c', 'd']);
  });

  test('numbers go out with their basis, their ids and what was not counted', () => {
    const lines = numbersCsv({ inside: ANSWER }).split('\r\n');
    expect(lines[0]).toBe('question,number,group,value,unit,numerator,denominator,ids');
    expect(lines[2]).toBe('inside,cost,,12.50,EUR,,,a');
    expect(lines[3]).toBe('inside,features,status=idea,1,features,,,a');
    expect(lines.at(-3)).toBe('inside,left_out,reason=without_place,2,features,,,c d');
  });

  test('a list goes out quoted, and no text of it runs as a formula', () => {
    const lines = featuresCsv({ inside: ANSWER })!.split('\r\n');
    expect(lines[0]).toBe('id,result.share,title,cost');
    expect(lines[1]).toBe('a,0.5,"Square, ""new""",12.5');
    expect(lines[2]).toBe(`b,1,"'=HYPERLINK(""x"")",`);
    expect(featuresCsv({ none: { ...ANSWER, features: { type: 'FeatureCollection', features: [] } } })).toBeNull();
  });

  test('GeoJSON holds each feature once, with numbers, rules and the link', () => {
    const json = JSON.parse(resultGeojson({ one: ANSWER, two: ANSWER }, { link: 'http://here/?ask', shapes: [] }));
    expect(json.features.map(({ id }: { id: string }) => id)).toEqual(['a', 'b']);
    expect(json.question).toBe('http://here/?ask');
    expect(json.rules).toEqual(['A rule.']);
    expect(json.left_out.undated).toEqual(['d']);
  });
});

describe('a question', () => {
  test('says what it lacks', () => {
    expect(ask({}).missing).toBe('area');
    expect(ask({ question: 'nearby' }).missing).toBe('point');
    expect(ask({ question: 'reach' }).missing).toBe('point');
    expect(ask({ question: 'coverage' }).missing).toBe('city');
    expect(ask({ question: 'similar' }).missing).toBe('intervention');
  });

  test('every question can be asked when nothing is missing', () => {
    const filter = { ...NO_FILTER, city: 'celje' };
    for (const question of QUESTIONS) {
      const { requests } = ask({ question, area: 'celje-core', point: [15, 46], options: { id: 'x' } }, { filter, days: {} });
      expect([question, Object.values(requests ?? {}).map(({ process }) => process)]).toEqual([
        question,
        question === 'inside' ? ['inside', 'summary', 'footprint'] : [question],
      ]);
    }
  });

  test('a drawn area goes as geometry, one of the plan by its id', () => {
    expect(ask({ shape: RING }).requests?.inside?.inputs.area).toEqual(RING);
    expect(ask({ shape: RING, area: 'celje-core' }).requests?.inside?.inputs.area).toBe('celje-core');
  });

  test('filters and time of the plan narrow it, but not what has no such fields', () => {
    const filter = { ...NO_FILTER, city: 'celje', statuses: new Set(['funded']), functions: new Set(['housing']) };
    const context = { filter, days: { from: '2026-01-01' } };
    expect(ask({ area: 'x' }, context).requests?.inside?.inputs).toEqual({
      area: 'x',
      filter: { status: ['funded'], functions: ['housing'] },
      from: '2026-01-01',
    });
    expect(ask({ question: 'conflicts' }, context).requests?.conflicts?.inputs.filter).toMatchObject({ city: 'celje', status: ['funded'] });
    const gaps = ask({ question: 'gaps', area: 'x', options: { missing: 'class-school', gap: '250' } }, context);
    expect(gaps.requests?.gaps?.inputs).toEqual({ area: 'x', distance_m: 250, collection: 'facilities', filter: { class: 'school' } });
    expect(filterInputs(NO_FILTER)).toEqual({});
  });

  test('what is compared takes the filters, each with its own place', () => {
    const context = { filter: { ...NO_FILTER, city: 'sligo', statuses: new Set(['idea']) }, days: {} };
    expect(subjectRequest('city:celje', null, context)?.inputs.filter).toEqual({ status: ['idea'], city: 'celje' });
    expect(subjectRequest('area:celje-core', null, context)?.inputs).toMatchObject({ area: 'celje-core', filter: { status: ['idea'] } });
    expect(subjectRequest('drawn', null, context)).toBeNull();
    expect(subjectRequest('drawn', RING, context)?.inputs.area).toEqual(RING);
  });

  test('one day alone compares nothing, two surveys do', () => {
    const reach = (options: Record<string, string>) => ask({ question: 'reach', point: [15, 46], options }).requests?.reach?.inputs;
    expect(reach({ before: '2024-01-01' })).not.toHaveProperty('before');
    expect(reach({ before: '2024-01-01', after: '2026-01-01' })).toMatchObject({ before: '2024-01-01', after: '2026-01-01' });
    const shown = ask({ question: 'reach', point: [15, 46] }, { filter: NO_FILTER, days: { from: '2026-02-01', to: '2026-02-28' } }).requests?.reach?.inputs;
    expect(shown).toEqual({ point: [15, 46], minutes: 10, collection: 'facilities', at: '2026-02-01' });
    const rate = ask({ question: 'rate', options: { first: 'A', second: 'B' } }).requests?.rate?.inputs;
    expect(rate).toMatchObject({ before: { survey: 'A' }, after: { survey: 'B' }, places: 'segments' });
  });

  test('rules of a portfolio are sent as chosen', () => {
    const { inputs } = ask({ question: 'portfolio', options: { each: 'objectives', tests: 'no', 'w-ground': '3' } }).requests!.portfolio!;
    expect(inputs).toEqual({ budget: 2_000_000, depends_on: true, exclusive_tests: false, at_least_one: { objectives: [] }, weights: { ground: 3 } });
  });

  test('what is no number is the default', () => {
    expect(optionNumber({ options: { radius: 'far' } }, 'radius')).toBe(300);
    expect(optionNumber({ options: { radius: '0' } }, 'radius')).toBe(0);
  });
});

describe('on the map', () => {
  const known = { outline: () => RING, isIntervention: (id: string) => id.length === 1, drawing: false };
  const roles = (shapes: { properties: Record<string, unknown> | null }[]) => shapes.map(({ properties }) => properties?.role);
  const made = (id: string, result = {}) => ({ type: 'Feature' as const, id, geometry: RING, properties: {}, result });
  const answer = (...features: ReturnType<typeof made>[]): ProcessResult => ({ ...ANSWER, features: { type: 'FeatureCollection', features } });

  test('interventions are outlined, gaps and reach shaded, other things found', () => {
    const gaps = buildOverlay({ ...EMPTY_QUERY, question: 'gaps', area: 'core' }, { gaps: answer(made('gap-1'), made('gap-2')) }, known);
    expect(roles(gaps.shapes.features)).toEqual(['area', 'shade', 'shade']);
    const near = buildOverlay({ ...EMPTY_QUERY, question: 'nearby', point: [15, 46] }, { nearby: answer(made('a'), made('school-1')) }, known);
    expect([near.ids, roles(near.shapes.features)]).toEqual([['a'], ['radius', 'place', 'found']]);
    expect(buildOverlay({ ...EMPTY_QUERY, question: 'footprint' }, { footprint: answer(made('footprint')) }, known).shapes.features).toEqual([]);
  });

  test('a conflict is a line between two outlined works', () => {
    const both = buildOverlay({ ...EMPTY_QUERY, question: 'conflicts' }, { conflicts: answer(made('a~b', { a: 'a', b: 'b' })) }, known);
    expect([both.ids, roles(both.shapes.features)]).toEqual([['a', 'b'], ['pair']]);
  });

  test('what the hand is drawing is not drawn twice', () => {
    const query = { ...EMPTY_QUERY, shape: RING };
    expect(roles(queryShapes(query, known))).toEqual(['area']);
    expect(queryShapes(query, { ...known, drawing: true })).toEqual([]);
  });
});

test('neighbouring months are said as one span', () => {
  expect(joinMonths(['2025-12', '2026-01', '2025-11', '2026-03'])).toEqual([
    ['2025-11', '2026-01'],
    ['2026-03', '2026-03'],
  ]);
});

test('a month has all its days', () => {
  expect(daysOfMonth('2024-02')).toEqual({ from: '2024-02-01', to: '2024-02-29' });
  expect(daysOfMonth('2026-12')).toEqual({ from: '2026-12-01', to: '2026-12-31' });
});

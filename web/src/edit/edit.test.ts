import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { FieldSchema } from '../model';
import { changedFields, invertChange, patchOf, sameValue, withValue, type FeatureContent } from './featureChange';
import { parseNumber, validateContent, serverFaults } from './validation';
import { formOf, sectionsOf } from './form';
import type { PendingChange } from './deviceStorage';
import { compareVersions, mergeVersions } from './merge';
import { rebaseChange, type RebaseResult } from './rebase';
import { applyPending } from './pendingItems';
import { addStep, NO_STEPS, redoStep, undoStep, type UndoSteps } from './undoSteps';

const schema = JSON.parse(readFileSync(join(import.meta.dirname, '../../../geodata/model/interventions.schema.json'), 'utf8')) as FieldSchema;
const content = (properties: Record<string, unknown>, at: [number, number] | null = null): FeatureContent => ({
  properties,
  geometry: at && { type: 'Point', coordinates: at },
});
const whole = { title: 'Fountain', city: 'celje', kind: 'study', status: 'idea', location_precision: 'exact', visibility: 'public' };

describe('a change', () => {
  test('sends only what differs, and null for what goes', () => {
    const base = content({ title: 'A', cost: 5, place: 'Glavni trg' });
    expect(patchOf(base, content({ title: 'B', cost: 5 }, [1, 2]))).toEqual({
      geometry: { type: 'Point', coordinates: [1, 2] },
      properties: { title: 'B', place: null },
    });
    expect(patchOf(base, content({ place: 'Glavni trg', cost: 5, title: 'A', steps: [] }))).toEqual({});
  });

  test('of texts by language sends null for a language that goes, as what is not said stays', () => {
    const base = content({ names: { sl: 'Celje', de: 'Cilli', it: 'Celje' } });
    expect(patchOf(base, content({ names: { sl: 'Celje', de: 'Cilli/Celje' } }))).toEqual({
      properties: { names: { sl: 'Celje', de: 'Cilli/Celje', it: null } },
    });
    expect(patchOf(base, content({}))).toEqual({ properties: { names: null } });
  });

  test('and its inverse lead back', () => {
    const change = { id: 'x', base: content({ a: 1 }), now: content({ b: 2 }), etag: '"1"' };
    expect(invertChange(change, '"2"')).toEqual({ id: 'x', base: change.now, now: change.base, etag: '"2"' });
    expect(invertChange(invertChange(change, '"2"'), '"1"')).toEqual(change);
  });

  test('to nothing leaves no member behind', () => {
    expect(withValue(content({ a: 1, b: 2 }), 'a', '')).toEqual(content({ b: 2 }));
    expect(withValue(content({}), 'geometry', null)).toEqual(content({}));
  });

  test('is none when only the order of members differs', () => {
    expect(sameValue({ a: [1, { b: 2, c: null }] }, { a: [1, { b: 2 }] })).toBe(true);
    expect(sameValue([1, 2], [2, 1])).toBe(false);
    expect(sameValue([1], { 0: 1 })).toBe(false);
    expect(changedFields(content({ a: 1 }), content({ a: 1, b: [] }))).toEqual([]);
  });
});

describe('two versions', () => {
  const base = content({ title: 'A', cost: 1, place: 'x', lead: 'y' });
  const mine = content({ title: 'mine', cost: 2, place: 'same', lead: 'y' });
  const theirs = content({ title: 'theirs', cost: 1, place: 'same' }, [1, 2]);
  const differences = compareVersions(base, mine, theirs);

  test('are compared field by field', () => {
    expect(Object.fromEntries(differences.map(({ field, by }) => [field, by]))).toEqual({
      title: 'both',
      cost: 'me',
      place: 'them',
      lead: 'them',
      geometry: 'them',
    });
  });

  test('join only when every field that both changed is decided', () => {
    expect(mergeVersions(theirs, differences, new Map())).toBeNull();
    expect(mergeVersions(theirs, differences, new Map([['title', 'mine']]))).toEqual(content({ title: 'mine', cost: 2, place: 'same' }, [1, 2]));
    expect(mergeVersions(theirs, differences, new Map([['title', 'theirs']]))?.properties.title).toBe('theirs');
  });

  test('can each be taken whole', () => {
    const all = (side: 'mine' | 'theirs') => new Map(differences.map(({ field }) => [field, side]));
    expect(changedFields(mergeVersions(theirs, differences, all('mine'))!, mine)).toEqual([]);
    expect(changedFields(mergeVersions(theirs, differences, all('theirs'))!, theirs)).toEqual([]);
  });
});

test('what is undone can be done again until something else is done', () => {
  let steps: UndoSteps<string> = NO_STEPS;
  steps = addStep(addStep(steps, 'a'), 'b');
  steps = undoStep(steps, 'b');
  expect(steps).toEqual({ done: ['a'], undone: ['b'] });
  expect(redoStep(steps, 'b')).toEqual({ done: ['a', 'b'], undone: [] });
  expect(addStep(steps, 'c')).toEqual({ done: ['a', 'c'], undone: [] });
});

describe('the form of interventions', () => {
  const fields = formOf(schema);
  const kind = (name: string) => fields.find((field) => field.name === name)?.kind;

  test('asks for each field in its own way', () => {
    expect(
      Object.fromEntries(
        ['title', 'summary', 'status', 'city', 'functions', 'start', 'cost', 'funding', 'sources', 'depends_on', 'schematic'].map((name) => [name, kind(name)]),
      ),
    ).toEqual({
      title: 'text',
      summary: 'long',
      status: 'choice',
      city: 'reference',
      functions: 'choices',
      start: 'date',
      cost: 'number',
      funding: 'rows',
      sources: 'texts',
      depends_on: 'references',
      schematic: 'flag',
    });
  });

  test('leaves out what no person fills in', () => {
    for (const name of ['id', 'geometry', 'created', 'updated']) expect(kind(name)).toBeUndefined();
  });

  test('shows every field in one section', () => {
    const shown = sectionsOf(fields).flatMap(([, own]) => own.map(({ name }) => name));
    expect([...shown].sort()).toEqual(fields.map(({ name }) => name).sort());
  });
});

describe('what was filled in', () => {
  const faults = (properties: Record<string, unknown>) => validateContent(schema, content({ ...whole, ...properties }));

  test('is right when the schema says so', () => expect(faults({ cost: 12.5, start: '2026-02-28', sources: ['https://celje.si/'] })).toEqual([]));

  test.each([
    [{ title: null }, { at: ['title'], reason: 'required' }],
    [{ title: 'x'.repeat(201) }, { at: ['title'], reason: 'long', value: 200 }],
    [{ cost: -1 }, { at: ['cost'], reason: 'low', value: 0 }],
    [{ cost: 1.005 }, { at: ['cost'], reason: 'cents' }],
    [{ cost: 'much' }, { at: ['cost'], reason: 'number' }],
    [{ start: '2026-02-30' }, { at: ['start'], reason: 'date' }],
    [
      { start: '2027-01-01', end: '2026-01-01' },
      { at: ['end'], reason: 'order' },
    ],
    [{ sources: ['somewhere'] }, { at: ['sources', '0'], reason: 'uri' }],
    [{ steps: [{ title: 'one' }, { done: true }] }, { at: ['steps', '1', 'title'], reason: 'required' }],
    [{ risks: [{ text: 'rain', impact: 2.5 }] }, { at: ['risks', '0', 'impact'], reason: 'whole' }],
    [{ status: 'dreamt' }, { at: ['status'], reason: 'choice' }],
  ])('is wrong at its place: %j', (properties, fault) => expect(faults(properties)).toEqual([fault]));

  test('and what the server says of it stands at the field', () => {
    expect(serverFaults([{ pointer: '/edits/0/patch/properties/funding/1/amount', detail: 'No.' }], '')).toEqual([
      { at: ['funding', '1', 'amount'], reason: 'said', value: 'No.' },
    ]);
    expect(serverFaults([{ pointer: '/geometry/coordinates', detail: 'Crosses.' }], '')).toEqual([{ at: ['geometry'], reason: 'said', value: 'Crosses.' }]);
    expect(serverFaults([], 'Refused.')).toEqual([{ at: [], reason: 'said', value: 'Refused.' }]);
  });
});

describe('a change that meets another version', () => {
  const base = content({ title: 'A', cost: 1 });
  const change = { id: 'x', base, now: content({ title: 'B', cost: 1 }), etag: '"1"' };
  const met = (one: Parameters<typeof rebaseChange>[0], theirs: FeatureContent | null, join = true): RebaseResult => {
    const into: RebaseResult = { ready: [], already: new Map(), conflicts: [] };
    rebaseChange(one, theirs, theirs && '"2"', join, into);
    return into;
  };

  test('goes on top of what others did to other fields', () =>
    expect(met(change, content({ title: 'A', cost: 2 })).ready).toEqual([
      { id: 'x', base: content({ title: 'A', cost: 2 }), now: content({ title: 'B', cost: 2 }), etag: '"2"' },
    ]));

  test('is shown beside it when somebody is looking', () => {
    const { ready, conflicts } = met(change, content({ title: 'A', cost: 2 }), false);
    expect(ready).toEqual([]);
    expect(conflicts[0]?.differences.map(({ field, by }) => [field, by])).toEqual([
      ['title', 'me'],
      ['cost', 'them'],
    ]);
  });

  test('is decided by a person when both changed the same', () => expect(met(change, content({ title: 'C', cost: 1 })).conflicts).toHaveLength(1));

  test('is sent again as it was when only its answer was lost on the way out', () => expect(met(change, base).ready).toEqual([{ ...change, etag: '"2"' }]));

  test('is done when only the answer was lost on the way back', () => expect(met(change, change.now).already.get('x')).toBe('"2"'));

  test('is decided by a person when others removed the thing, and a removal when others changed it', () => {
    expect(met(change, null).conflicts[0]?.theirs).toBeNull();
    expect(met({ ...change, now: null }, content({ title: 'C' })).conflicts).toHaveLength(1);
  });

  test('has nothing to do when it removes what is gone', () => expect(met({ ...change, now: null }, null).already.has('x')).toBe(true));

  test('that makes a new thing is made', () => expect(met({ ...change, base: null }, null).ready).toHaveLength(1));
});

describe('a list of other data', () => {
  const area = (id: string, name: string, city = 'celje') => ({ type: 'Feature' as const, id, geometry: null, properties: { name, city } });
  const wait = (id: string, now: FeatureContent | null): PendingChange => ({
    key: id,
    label: '',
    stuck: '',
    at: 0,
    changes: [{ id, base: null, now, etag: null }],
  });

  test('shows what waits for the connection as it will be', () => {
    const waiting = [
      wait('areas\ta', content({ name: 'Renamed', city: 'celje' })),
      wait('areas\tb', null),
      wait('areas\tc', content({ name: 'New', city: 'celje' })),
      wait('areas\td', content({ name: 'Elsewhere', city: 'granada' })),
      wait('facilities\ta', content({ name: 'Another collection', city: 'celje' })),
    ];
    const shown = applyPending([area('a', 'Old'), area('b', 'Gone')], waiting, 'areas', ({ properties }) => properties.city === 'celje');
    expect(shown.map(({ id, properties }) => [id, properties.name])).toEqual([
      ['a', 'Renamed'],
      ['c', 'New'],
    ]);
  });

  test('has a field for names by language, checked language by language', () => {
    const cities = JSON.parse(readFileSync(join(import.meta.dirname, '../../../geodata/model/cities.schema.json'), 'utf8')) as FieldSchema;
    expect(formOf(cities).find(({ name }) => name === 'names')?.kind).toBe('names');
    const faults = validateContent(cities, content({ names: { sl: 'Celje', de: '', it: 'x'.repeat(201) } })).filter(({ at }) => at[0] === 'names');
    expect(faults).toEqual([
      { at: ['names', 'de'], reason: 'required' },
      { at: ['names', 'it'], reason: 'long', value: 200 },
    ]);
  });
});

describe('a number', () => {
  test('is read in the ways of the ten languages, and stays text when its digits would be lost', () => {
    expect(['1 250,5', '1250.5', '-3', '9007199254740991', '', '12 €'].map(parseNumber)).toEqual([1250.5, 1250.5, -3, 9007199254740991, null, 12]);
    for (const text of ['9007199254740993', '98765432109876543210', '0.3333333333333333333', '1.2.3', 'ten']) expect(parseNumber(text)).toBe(text);
  });
});

import { beforeEach, expect, test } from 'vitest';
import {
  answersOfChoice,
  blockingQuestion,
  completeDocument,
  firstChanges,
  guessedAnswers,
  headingCells,
  holdsAnswer,
  joinAnswers,
  keepAnswered,
  rangeText,
  rowsToShow,
  shownQuestions,
  withNulls,
  type ImportChange,
  type ImportColumn,
  type ImportQuestion,
  type PreviewRow,
} from './importDocument';
import { findRecipe, forgetRecipe, formOf, loadRecipes, recipeOf, rememberRecipe } from './recipes';

const question = (id: string, chosen: number | null, answers: Record<string, unknown>[]): ImportQuestion => ({
  id,
  number: 1,
  column: null,
  cells: 3,
  sentence: id,
  choices: answers.map((answer, i) => ({ id: `${id}-${i}`, label: '', answer })),
  chosen,
});
const decimal = question('decimal', 0, [{ decimal: 'comma' }, { decimal: 'point' }]);
const crs = question('crs', 0, [{ crs: 'EPSG:3794', map: { N: 'northing' } }, { crs: 'none' }]);
const sheet = question('sheet', null, [{ sheet: 'A' }, { sheet: 'B' }]);

test('a question that was answered stays where it was, with the answer chosen, when the service no longer mentions it', () => {
  const answers = { decimal: 'point' };
  const kept = keepAnswered([decimal, crs], [crs], answers);
  expect(kept.map(({ id, number, chosen }) => [id, number, chosen])).toEqual([
    ['decimal', 1, 1],
    ['crs', 2, 0],
  ]);
});

test('a question that no answer settled goes with the service', () => {
  expect(keepAnswered([decimal, crs], [crs], {}).map(({ id }) => id)).toEqual(['crs']);
});

test('at most three questions are open at a time, beside the answered ones', () => {
  const many = Array.from({ length: 6 }, (_, i) => question(`q${i}`, 0, [{ [`q${i}`]: 1 }]));
  expect(shownQuestions(many, {}).map(({ id }) => id)).toEqual(['q0', 'q1', 'q2']);
  expect(shownQuestions(many, { q0: 1, q4: 1 }).map(({ id }) => id)).toEqual(['q0', 'q1', 'q2', 'q3', 'q4']);
});

test('saving confirms the guesses that nobody answered, and those alone', () => {
  expect(guessedAnswers([decimal, crs, sheet], { decimal: 'point' })).toEqual({ crs: 'EPSG:3794', map: { N: 'northing' } });
  expect(blockingQuestion([decimal, sheet], {})?.id).toBe('sheet');
  expect(blockingQuestion([decimal, sheet], { sheet: 'B' })).toBeUndefined();
});

test('a question for a value that no column has is answered when each of its fields has one', () => {
  const missing = { ...question('missing', null, []), parameters: { fields: ['city', 'kind'] } };
  expect(blockingQuestion([missing], { set: { city: 'celje' } })?.id).toBe('missing');
  expect(blockingQuestion([missing], { set: { city: 'celje', kind: 'study' } })).toBeUndefined();
  expect(keepAnswered([missing], [], { set: { city: 'celje', kind: 'study' } }).map(({ chosen }) => chosen)).toEqual([null]);
});

test('another choice takes back what the first one said', () => {
  expect(answersOfChoice(crs, crs.choices[1]!)).toEqual({ crs: 'none', map: { N: null } });
  expect(withNulls({ a: 1, b: { c: 2 } })).toEqual({ a: null, b: { c: null } });
});

test('answers are joined member by member', () => {
  const joined = joinAnswers({ map: { A: 'x' }, crs: 'none' }, { map: { B: '' }, crs: 'EPSG:4326' });
  expect(joined).toEqual({ map: { A: 'x', B: '' }, crs: 'EPSG:4326' });
  expect(holdsAnswer(joined, { map: { B: '' } })).toBe(true);
  expect(holdsAnswer(joined, { map: { A: '' } })).toBe(false);
});

const rowOf = (row: number, refused = false): PreviewRow => ({
  row,
  cells: [],
  finding: refused ? { cell: `F${row}`, sentence: '' } : null,
  place: null,
  feature: null,
  kind: refused ? 'refused' : 'changed',
});

test('the first rows hold those that need a look, in the order of the file', () => {
  const rows = [rowOf(14, true), rowOf(19, true), rowOf(5), rowOf(6), rowOf(15), rowOf(20)];
  expect(rowsToShow(rows, 4).map(({ row }) => row)).toEqual([5, 6, 14, 19]);
  expect(rowsToShow(rows, 1).map(({ row }) => row)).toEqual([14]);
  expect(rowsToShow(rows, 99)).toHaveLength(6);
});

test('a heading above several columns is one cell; the last row of headings has a cell for each column', () => {
  const column = (...headings: string[]): ImportColumn => ({
    column: '',
    headings,
    heading: headings.at(-1) ?? '',
    field: null,
    confidence: null,
    cells: 0,
  });
  const cells = headingCells([column('', 'Code'), column('Period', 'Start'), column('Period', 'End'), column('Place', 'E'), column('Place', 'E')]);
  expect(cells).toEqual([
    [
      { text: '', span: 1 },
      { text: 'Period', span: 2 },
      { text: 'Place', span: 2 },
    ],
    ['Code', 'Start', 'End', 'E', 'E'].map((text) => ({ text, span: 1 })),
  ]);
  expect(headingCells([])).toEqual([]);
  expect(headingCells([{ ...column(), heading: 'name' }])).toEqual([[{ text: 'name', span: 1 }]]);
  expect([rangeText([3]), rangeText([3, 4]), rangeText([5, 5])]).toEqual(['3', '3–4', '5']);
});

test('among the first changes is a new one, where there is one', () => {
  const change = (kind: ImportChange['kind'], row: number): ImportChange => ({ kind, feature: `f${row}`, title: '', row, fields: [] });
  const changes = [1, 2, 3, 4].map((row) => change('changed', row));
  expect(firstChanges([...changes, change('new', 5)], 2).map(({ row }) => row)).toEqual([1, 5]);
  expect(firstChanges([change('new', 0), ...changes, change('new', 5)], 2).map(({ row }) => row)).toEqual([0, 1]);
  expect(firstChanges(changes, 2).map(({ row }) => row)).toEqual([1, 2]);
});

test('what the service leaves out stands for nothing', () => {
  const file = { name: 'a.csv', bytes: 1, format: 'csv' };
  const bare = completeDocument({ id: 'x', file });
  expect(bare).toEqual({ id: 'x', file, state: 'asking', into: 'interventions', fields: [], defaults: {}, answers: {}, tables: [], questions: [] });
  const { tables, questions } = completeDocument({ id: 'x', file, tables: [{ columns: [{ column: 'A' }] }], questions: [{ id: 'sheet' }] } as never);
  expect(tables).toEqual([{ sheet: null, heading_rows: [], columns: [{ column: 'A', headings: [] }] }]);
  expect(questions).toEqual([{ id: 'sheet', choices: [], chosen: null }]);
});

const stored = new Map<string, string>();
beforeEach(() => {
  stored.clear();
  Object.assign(globalThis, {
    localStorage: {
      getItem: (name: string) => stored.get(name) ?? null,
      setItem: (name: string, text: string) => void stored.set(name, text),
      removeItem: (name: string) => void stored.delete(name),
    },
  });
});

const documentOf = (...headings: string[]) => ({
  into: 'interventions',
  tables: [{ columns: headings.map((heading) => ({ headings: [heading], heading })) }] as never,
});

test('a recipe is found for the next file with the same headings, until it is forgotten', () => {
  const form = formOf(documentOf('Naziv', 'Vrednost '))!;
  rememberRecipe('ana', { form, file: 'a.xlsx', at: 1, answers: { decimal: 'comma' } });
  expect(findRecipe('ana', formOf(documentOf('naziv', 'Vrednost'))!)?.answers).toEqual({ decimal: 'comma' });
  expect(findRecipe('ana', formOf(documentOf('Naziv'))!)).toBeUndefined();
  expect(findRecipe('bor', form)).toBeUndefined();
  forgetRecipe('ana', form);
  expect(loadRecipes('ana')).toEqual([]);
  expect(stored.size).toBe(0);
});

test('twelve recipes are kept, the newest of each form, and none without answers', () => {
  for (let i = 0; i < 15; i++) rememberRecipe('ana', { form: `f${i % 14}`, file: '', at: i, answers: { i } });
  rememberRecipe('ana', { form: 'empty', file: '', at: 99, answers: {} });
  expect(loadRecipes('ana').map(({ at }) => at)).toEqual([14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3]);
});

test('a recipe holds nothing about single cells and rows', () => {
  const answers = { decimal: 'comma', cells: { 'A!F14': '1' }, places: {}, cityheart_recipe: 1, crs: null };
  expect(recipeOf(answers)).toEqual({ decimal: 'comma' });
});

test('a file without headings has no form, and what is not ours in the storage is left out', () => {
  expect(formOf({ into: 'interventions', tables: [] })).toBeNull();
  stored.set('cityheart.recipes.ana', '[{"form": 1}, null, {"form": "f", "answers": {}}]');
  expect(loadRecipes('ana').map(({ form }) => form)).toEqual(['f']);
  stored.set('cityheart.recipes.ana', 'no JSON');
  expect(loadRecipes('ana')).toEqual([]);
});

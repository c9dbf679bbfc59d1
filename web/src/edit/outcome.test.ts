import { beforeEach, expect, test, vi } from 'vitest';
import type { FeatureContent } from './featureChange';
import type { EditConflict } from './rebase';

// What the modules of the page find in a browser, as far as they ask for it when they are loaded.
const stored = new Map<string, string>();
vi.stubGlobal('localStorage', {
  getItem: (name: string) => stored.get(name) ?? null,
  setItem: (name: string, value: string) => stored.set(name, value),
  removeItem: (name: string) => stored.delete(name),
});
vi.stubGlobal('location', { search: '', pathname: '/' });
vi.stubGlobal('document', { baseURI: 'http://plan.example/', querySelector: () => null, getElementById: () => null });
vi.stubGlobal('matchMedia', () => ({ matches: false, addEventListener: () => {} }));
vi.stubGlobal('navigator', { languages: ['en'] });
vi.stubGlobal('window', { setTimeout: () => 0 });
vi.stubGlobal('addEventListener', () => {});

const state = await import('../state');
const { account } = await import('../state/session');
const { tickedIds } = await import('../state/tickedRows');
const editor = await import('./editorState');
const { removeDrafted, saveDraft, savingDraft } = await import('./drafts');
const { sendPending, undoLast } = await import('./commit');
const { refusalText, showBulkOutcome, showOutcome } = await import('./outcome');

const content = (title: string): FeatureContent => ({ geometry: null, properties: { title } });
const draft = { key: 'x', base: content('A'), now: content('B'), etag: '"1"', at: 1 };
const conflict = (id: string): EditConflict => ({ change: { id, base: null, now: content(id), etag: null }, theirs: null, etag: null, differences: [] });

/** What the server answers next, one after the other. */
const answers: Response[] = [];
const json = (status: number, body: unknown, headers: Record<string, string> = {}) => new Response(JSON.stringify(body), { status, headers });
const refusal = () =>
  json(422, { detail: 'Two things are wrong.', errors: [{ pointer: '/edits/0/patch/properties/title', detail: 'Too long.' }, { detail: 'No such city.' }] });
const brokenOff = () =>
  new Response(
    new ReadableStream({
      start: (stream) => {
        stream.enqueue(new TextEncoder().encode('{"type":'));
        stream.error(new TypeError('network error'));
      },
    }),
  );

beforeEach(() => {
  stored.clear();
  answers.length = 0;
  vi.stubGlobal('fetch', async () => answers.shift() ?? Promise.reject(new TypeError('offline')));
  account.value = { login: 'ana', name: 'Ana', role: 'editor', cities: [] };
  state.model.value = { schema: { properties: { title: { type: 'string' } } }, vocabularies: {} };
  editor.clearEditorState();
  editor.draftFaults.value = [];
  tickedIds.value = new Set();
  editor.putDraft(draft);
  editor.openDraftKey.value = 'x';
});

const undoable = () => ({ done: [{ label: 'Saved', changes: [{ id: 'x', base: content('A'), now: content('B'), etag: '"2"' }] }], undone: [] });

test('a body that breaks off leaves Save enabled, and the change waits', async () => {
  answers.push(json(412, { title: 'Stale' }), brokenOff());
  await saveDraft();
  expect(savingDraft.value).toBe(false);
  expect(editor.pendingChanges.value.map(({ changes }) => changes[0]!.id)).toEqual(['x']);
});

test('even an error of our own leaves Save enabled', async () => {
  vi.stubGlobal('fetch', () => {
    throw new Error('ours');
  });
  await saveDraft().catch(() => {});
  expect(savingDraft.value).toBe(false);
});

test('a refused form says each reason at its field, and no second time above', async () => {
  answers.push(refusal());
  await saveDraft();
  expect(editor.draftFaults.value.map(({ at, value }) => [at.join(), value])).toEqual([
    ['title', 'Too long.'],
    ['', 'No such city.'],
  ]);
  expect(editor.editError.value).toBe('');
});

test('a refused undo says every reason', async () => {
  editor.editSteps.value = undoable();
  answers.push(refusal());
  await undoLast();
  expect(editor.editError.value).toBe('Too long. No such city.');
});

test('a refused removal says every reason', async () => {
  answers.push(refusal());
  await removeDrafted(draft);
  expect(editor.editError.value).toBe('Too long. No such city.');
  expect(editor.drafts.value).toEqual([draft]);
});

test('a refused change that waited says every reason', async () => {
  editor.putPending({ key: 'p', label: 'Saved', changes: undoable().done[0]!.changes, stuck: '', at: 1 });
  answers.push(refusal());
  await sendPending();
  expect(editor.pendingChanges.value.map(({ stuck }) => stuck)).toEqual([{ sentence: 'Too long. No such city.' }]);
});

test('without a connection a change waits, and its draft is done with', async () => {
  await saveDraft();
  expect(editor.pendingChanges.value).toHaveLength(1);
  expect(editor.drafts.value).toEqual([]);
  expect(editor.editError.value).toBe('');
});

test('a conflict opens with the draft that it came from', () => {
  expect(showOutcome({ kind: 'conflict', conflicts: [conflict('x'), conflict('y')] }, { label: 'Saved', draft: 'x' })).toBe(false);
  expect(editor.openConflict.value).toEqual({ conflict: conflict('x'), label: 'Saved', draft: 'x', waiting: '' });
});

test('what went through or waits shows nothing', () => {
  expect(showOutcome({ kind: 'done', left: [] }, { label: 'Saved' })).toBe(true);
  expect(showOutcome({ kind: 'waiting' }, { label: 'Saved' })).toBe(true);
  expect([editor.openConflict.value, editor.editError.value]).toEqual([null, '']);
});

test('of many rows those in conflict stay ticked, and a refusal changes no tick', () => {
  showBulkOutcome({ kind: 'done', left: [conflict('y')] });
  expect([...tickedIds.value]).toEqual(['y']);
  showBulkOutcome({ kind: 'conflict', conflicts: [conflict('y'), conflict('z')] });
  expect([...tickedIds.value]).toEqual(['y', 'z']);
  showBulkOutcome({ kind: 'refused', faults: [], sentence: 'No.' });
  expect([[...tickedIds.value], editor.editError.value]).toEqual([['y', 'z'], 'No.']);
});

test('a refusal without reasons says its sentence', () => {
  expect(refusalText({ kind: 'refused', faults: [{ at: [], reason: 'said', value: '' }], sentence: 'No.' })).toBe('No.');
});

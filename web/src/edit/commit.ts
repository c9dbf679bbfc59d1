// The one way by which anything is changed: sent at once, or kept until the connection is back; on top of what others did
// where that can be joined, put before a person where not. Undo and redo go the same way.
import { batch } from '@preact/signals';
import type { FeatureItem } from '../api';
import { t } from '../i18n';
import { announcement, plan } from '../state';
import { applyChanges } from '../state/planChanges';
import { keepSaved } from '../state/offlineCache';
import { resume } from '../state/session';
import { inverse, type FeatureChange } from './featureChange';
import type { FieldFault } from './validation';
import { deciding, dropWaiting, putWaiting, settled, steps, trouble, waiting } from './editorState';
import type { PendingChange } from './deviceStorage';
import type { EditConflict } from './rebase';
import { reconcile } from './reconcile';
import { isIntervention } from './featureRef';
import { send } from './editApi';
import { askToSignIn, ended } from './signInRequest';
import { did, redid, undid } from './undoSteps';

export type CommitOutcome =
  | { kind: 'done'; left: EditConflict[] }
  | { kind: 'waiting' }
  | { kind: 'conflict'; conflicts: EditConflict[] }
  | { kind: 'refused'; faults: FieldFault[]; sentence: string };

export interface CommitOptions {
  /** Whether what others did to other fields is joined without asking. */
  join: boolean;
  /** Whether the rest is done when one of several meets a conflict. */
  partly?: boolean;
  way?: 'undo' | 'redo';
}

type SendOutcome = { kind: 'done'; sent: FeatureChange[]; left: EditConflict[] } | Exclude<CommitOutcome, { kind: 'done' }>;

export async function commit(changes: FeatureChange[], label: string, manner: CommitOptions): Promise<CommitOutcome> {
  trouble.value = '';
  const behind = waiting.value.some((one) => one.changes.some(({ id }) => changes.some((change) => change.id === id)));
  const outcome: SendOutcome = behind ? { kind: 'waiting' } : await transmit(changes, manner);
  if (outcome.kind === 'done') {
    batch(() => {
      applyLocally(outcome.sent);
      record({ label, changes: outcome.sent }, manner.way);
      announcement.value = label;
    });
    keepSaved();
    return { kind: 'done', left: outcome.left };
  }
  if (outcome.kind === 'waiting') wait(changes, label, manner.way);
  return outcome;
}

function record(done: { label: string; changes: FeatureChange[] }, way: CommitOptions['way']): void {
  if (way === 'undo')
    steps.value = undid(steps.value, {
      ...done,
      label: steps.value.done.at(-1)?.label ?? done.label,
      changes: done.changes.map((one) => inverse(one, one.etag)),
    });
  else if (way === 'redo') steps.value = redid(steps.value, done);
  else steps.value = did(steps.value, done);
}

/** Kept on this device, and shown as if it were done. */
function wait(changes: FeatureChange[], label: string, way: CommitOptions['way']): void {
  batch(() => {
    putWaiting({ key: crypto.randomUUID(), label, changes, stuck: '', at: Date.now() });
    applyLocally(changes);
    record({ label, changes: changes.map((one) => ({ ...one, etag: null })) }, way);
    announcement.value = t('waiting.kept', { label });
  });
  listenForReturn();
}

/** How often others may be quicker before a person is asked to come back later. */
const TRIES = 5;

/** Sends, and on a stale version tries again on top of the newest. */
async function transmit(changes: FeatureChange[], { join, partly }: Pick<CommitOptions, 'join' | 'partly'>): Promise<SendOutcome> {
  let list = changes;
  let left: EditConflict[] = [];
  let known = list.every(({ base, etag }) => !base || etag);
  for (let tries = 0; tries < TRIES; tries++) {
    if (known) {
      const answer = await send(list);
      if (answer.kind === 'unreachable') return { kind: 'waiting' };
      if (answer.kind === 'refused') return answer;
      if (answer.kind === 'denied') return denied(answer);
      if (answer.kind === 'done') {
        const { etags, revision } = answer;
        return { kind: 'done', left, sent: list.map((one) => ({ ...one, etag: etags.get(one.id) ?? null, revision })) };
      }
    }
    const found = await reconcile(list, join);
    if (!found) return { kind: 'waiting' };
    if (found.conflicts.length && !partly) return { kind: 'conflict', conflicts: found.conflicts };
    left = [...left, ...found.conflicts];
    list = found.ready;
    if (!list.length)
      return left.length
        ? { kind: 'conflict', conflicts: left }
        : { kind: 'done', left, sent: changes.map((one) => ({ ...one, etag: found.already.get(one.id) ?? null })) };
    known = true;
  }
  return { kind: 'refused', faults: [], sentence: t('conflict.restless') };
}

/** A session that ended is opened again and nothing is lost; any other refusal is final. */
async function denied({ sentence }: { sentence: string }): Promise<SendOutcome> {
  if ((await resume()) !== 'visitor') return { kind: 'refused', faults: [], sentence };
  ended.value = true;
  askToSignIn(t('signin.ended'));
  return { kind: 'waiting' };
}

/** What is not an intervention comes back with the server's news. */
function applyLocally(all: FeatureChange[]): void {
  const changes = all.filter(({ id }) => isIntervention(id));
  if (changes.length < all.length) settled.value += 1;
  const put = changes.flatMap(({ id, now }): FeatureItem[] => {
    if (!now) return [];
    const before = plan.value?.byId.get(id)?.properties ?? {};
    const written = Object.fromEntries(['created', 'updated'].flatMap((name) => (name in before ? [[name, before[name]]] : [])));
    return [{ type: 'Feature', id, geometry: now.geometry, properties: { ...written, ...now.properties } }];
  });
  applyChanges(
    put,
    changes.flatMap(({ id, now }) => (now ? [] : [id])),
  );
}

export async function undo(): Promise<void> {
  const last = steps.value.done.at(-1);
  if (!last || dropped(last.changes)) return;
  const changes = last.changes.map((one) => inverse(one, one.etag)).reverse();
  await again(changes, t('undo.did', { label: last.label }), 'undo');
}

export async function redo(): Promise<void> {
  const last = steps.value.undone.at(-1);
  if (last) await again(last.changes, last.label, 'redo');
}

async function again(changes: FeatureChange[], label: string, way: 'undo' | 'redo'): Promise<void> {
  const outcome = await commit(changes, label, { join: true, way });
  if (outcome.kind === 'conflict') deciding.value = { conflict: outcome.conflicts[0]!, label, draft: '', waiting: '' };
  if (outcome.kind === 'refused') trouble.value = outcome.sentence;
}

/** What was not sent yet is simply not sent. */
function dropped(changes: FeatureChange[]): boolean {
  const entry = waiting.value.find(
    (one) =>
      !one.stuck && one.changes.length === changes.length && one.changes.every(({ id }, i) => id === changes[i]!.id) && changes.every(({ etag }) => !etag),
  );
  const last = waiting.value.at(-1);
  if (!entry || entry !== last) return false;
  batch(() => {
    dropWaiting(entry.key);
    applyLocally(entry.changes.map((one) => inverse(one, null)).reverse());
    record({ label: entry.label, changes: entry.changes.map((one) => inverse(one, one.etag)) }, 'undo');
    announcement.value = t('undo.did', { label: entry.label });
  });
  return true;
}

/** Sends what waits, in its order, until the server does not answer. One window of a browser does it. */
export async function flush(): Promise<void> {
  if (ended.value) return;
  if (navigator.locks) await navigator.locks.request('cityheart.flush', { ifAvailable: true }, (lock) => (lock ? sendAll() : undefined));
  else await sendAll();
}

async function sendAll(): Promise<void> {
  let count = 0;
  for (;;) {
    const next = waiting.value.find((one) => !one.stuck && !stuckBefore(one));
    if (!next) break;
    const outcome = await transmit(next.changes, { join: true });
    if (outcome.kind === 'waiting') return listenForReturn();
    settle(next, outcome);
    if (outcome.kind === 'done') count += 1;
  }
  if (!count) return;
  announcement.value = t('waiting.sent', { count });
  keepSaved();
}

/** What builds on a change that waits for a decision waits too. */
function stuckBefore(one: PendingChange): boolean {
  const before = waiting.value.slice(0, waiting.value.indexOf(one)).filter(({ stuck }) => stuck);
  return before.some(({ changes }) => changes.some(({ id }) => one.changes.some((change) => change.id === id)));
}

function settle(entry: PendingChange, outcome: Exclude<SendOutcome, { kind: 'waiting' }>): void {
  if (outcome.kind === 'done') {
    batch(() => {
      dropWaiting(entry.key);
      applyLocally(outcome.sent.filter(({ id }) => !waiting.value.some(({ changes }) => changes.some((change) => change.id === id))));
    });
  } else if (outcome.kind === 'conflict') {
    putWaiting({ ...entry, stuck: 'stale' });
    announcement.value = t('waiting.stale', { label: entry.label });
  } else {
    putWaiting({ ...entry, stuck: { sentence: outcome.sentence } });
    announcement.value = t('waiting.refused', { label: entry.label });
  }
}

const RETRY_MS = 3000;
let timer = 0;

/** Tries again when the browser says that it is back, and every few seconds, for it does not always know. */
export function listenForReturn(): void {
  clearTimeout(timer);
  timer = window.setTimeout(() => void flush(), RETRY_MS);
}

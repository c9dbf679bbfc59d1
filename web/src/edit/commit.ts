// The single path of every change: sent at once, or queued until the server answers; rebased on what others did. Undo
// and redo take the same path.
import { batch } from '@preact/signals';
import type { FeatureItem } from '../api';
import { t } from '../i18n';
import { announcement, plan } from '../state';
import { applyChanges } from '../state/planChanges';
import { cacheAfterSave } from '../state/offlineCache';
import { resumeSession } from '../state/session';
import { invertChange, type FeatureChange } from './featureChange';
import { dropPending, putPending, otherDataVersion, editSteps, editError, pendingChanges, type CommittedStep } from './editorState';
import type { PendingChange } from './deviceStorage';
import type { EditConflict } from './rebase';
import { holdPending, showOutcome, type CommitOutcome } from './outcome';
import { reconcileChanges } from './reconcile';
import { isIntervention } from './featureRef';
import { postChanges } from './editApi';
import { askToSignIn, sessionEnded } from './signInRequest';
import { addStep, redoStep, undoStep } from './undoSteps';

export interface CommitOptions {
  /** Whether changes of others to other fields are merged without asking. */
  join: boolean;
  /** Whether the rest of several changes is sent when some meet a conflict. */
  partly?: boolean;
  way?: 'undo' | 'redo';
}

type SendOutcome = { kind: 'done'; sent: FeatureChange[]; left: EditConflict[] } | Exclude<CommitOutcome, { kind: 'done' }>;

export async function commitChanges(changes: FeatureChange[], label: string, options: CommitOptions): Promise<CommitOutcome> {
  editError.value = '';
  const queuedBefore = pendingChanges.value.some((one) => one.changes.some(({ id }) => changes.some((change) => change.id === id)));
  const outcome: SendOutcome = queuedBefore ? { kind: 'waiting' } : await sendChanges(changes, options);
  if (outcome.kind === 'done') {
    recordCommitted({ label, changes: outcome.sent }, options.way);
    return { kind: 'done', left: outcome.left };
  }
  if (outcome.kind === 'waiting') queueChanges(changes, label, options.way);
  return outcome;
}

/** Shows committed changes in the plan, and makes them the next step to undo. */
export function recordCommitted(step: CommittedStep, way?: CommitOptions['way']): void {
  batch(() => {
    applyLocally(step.changes);
    recordStep(step, way);
    announcement.value = step.label;
  });
  cacheAfterSave();
}

function recordStep(done: CommittedStep, way: CommitOptions['way']): void {
  if (way === 'undo')
    editSteps.value = undoStep(editSteps.value, {
      ...done,
      label: editSteps.value.done.at(-1)?.label ?? done.label,
      changes: done.changes.map((one) => invertChange(one, one.etag)),
    });
  else if (way === 'redo') editSteps.value = redoStep(editSteps.value, done);
  else editSteps.value = addStep(editSteps.value, done);
}

/** Stores the changes on this device and shows them as if they were sent. */
function queueChanges(changes: FeatureChange[], label: string, way: CommitOptions['way']): void {
  batch(() => {
    putPending({ key: crypto.randomUUID(), label, changes, stuck: '', at: Date.now() });
    applyLocally(changes);
    recordStep({ label, changes: changes.map((one) => ({ ...one, etag: null })) }, way);
    announcement.value = t('waiting.kept', { label });
  });
  scheduleRetry();
}

/** Attempts on a moving target before the person is asked to try later. */
const MAX_TRIES = 5;

/** Sends; when a version is stale, rebases on the newest one and tries again. */
async function sendChanges(changes: FeatureChange[], { join, partly }: Pick<CommitOptions, 'join' | 'partly'>): Promise<SendOutcome> {
  let list = changes;
  let left: EditConflict[] = [];
  let known = list.every(({ base, etag }) => !base || etag);
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    if (known) {
      const answer = await postChanges(list);
      if (answer.kind === 'unreachable') return { kind: 'waiting' };
      if (answer.kind === 'refused') return answer;
      if (answer.kind === 'denied') return handleDenial(answer);
      if (answer.kind === 'done') {
        const { etags, revision } = answer;
        return { kind: 'done', left, sent: list.map((one) => ({ ...one, etag: etags.get(one.id) ?? null, revision })) };
      }
    }
    const found = await reconcileChanges(list, join);
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

/** An expired session leads to the sign-in dialog and the change waits; any other denial is final. */
async function handleDenial({ sentence }: { sentence: string }): Promise<SendOutcome> {
  if ((await resumeSession()) !== 'visitor') return { kind: 'refused', faults: [], sentence };
  sessionEnded.value = true;
  askToSignIn(t('signin.ended'));
  return { kind: 'waiting' };
}

/** Items of other collections come back through the change feed. */
function applyLocally(all: FeatureChange[]): void {
  const changes = all.filter(({ id }) => isIntervention(id));
  if (changes.length < all.length) otherDataVersion.value += 1;
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

export async function undoLast(): Promise<void> {
  const last = editSteps.value.done.at(-1);
  if (!last || dropUnsent(last.changes)) return;
  const changes = last.changes.map((one) => invertChange(one, one.etag)).reverse();
  await commitStep(changes, t('undo.did', { label: last.label }), 'undo');
}

export async function redoLast(): Promise<void> {
  const last = editSteps.value.undone.at(-1);
  if (last) await commitStep(last.changes, last.label, 'redo');
}

async function commitStep(changes: FeatureChange[], label: string, way: 'undo' | 'redo'): Promise<void> {
  showOutcome(await commitChanges(changes, label, { join: true, way }), { label });
}

/** Undoes a pending change by removing it from the queue. */
function dropUnsent(changes: FeatureChange[]): boolean {
  const entry = pendingChanges.value.find(
    (one) =>
      !one.stuck && one.changes.length === changes.length && one.changes.every(({ id }, i) => id === changes[i]!.id) && changes.every(({ etag }) => !etag),
  );
  const last = pendingChanges.value.at(-1);
  if (!entry || entry !== last) return false;
  batch(() => {
    dropPending(entry.key);
    applyLocally(entry.changes.map((one) => invertChange(one, null)).reverse());
    recordStep({ label: entry.label, changes: entry.changes.map((one) => invertChange(one, one.etag)) }, 'undo');
    announcement.value = t('undo.did', { label: entry.label });
  });
  return true;
}

let sendingPending = false;

/**
 * Sends pending changes in order until the server does not answer. One window of the browser does it, one run at a
 * time.
 */
export async function sendPending(): Promise<void> {
  if (sessionEnded.value || sendingPending) return;
  sendingPending = true;
  try {
    if (navigator.locks) await navigator.locks.request('cityheart.flush', { ifAvailable: true }, (lock) => (lock ? sendPendingInOrder() : undefined));
    else await sendPendingInOrder();
  } finally {
    sendingPending = false;
  }
}

async function sendPendingInOrder(): Promise<void> {
  let count = 0;
  for (;;) {
    const next = pendingChanges.value.find((one) => !one.stuck && !isBlocked(one));
    if (!next) break;
    const outcome = await sendChanges(next.changes, { join: true });
    if (outcome.kind === 'waiting') return scheduleRetry();
    settlePending(next, outcome);
    if (outcome.kind === 'done') count += 1;
  }
  if (!count) return;
  announcement.value = t('waiting.sent', { count });
  cacheAfterSave();
}

/** A change of an item waits while an earlier change of the same item needs a decision. */
function isBlocked(one: PendingChange): boolean {
  const before = pendingChanges.value.slice(0, pendingChanges.value.indexOf(one)).filter(({ stuck }) => stuck);
  return before.some(({ changes }) => changes.some(({ id }) => one.changes.some((change) => change.id === id)));
}

function settlePending(entry: PendingChange, outcome: Exclude<SendOutcome, { kind: 'waiting' }>): void {
  if (outcome.kind === 'done') {
    batch(() => {
      dropPending(entry.key);
      applyLocally(outcome.sent.filter(({ id }) => !pendingChanges.value.some(({ changes }) => changes.some((change) => change.id === id))));
    });
  } else holdPending(entry, outcome);
}

const RETRY_MS = 3000;
let retryTimer = 0;

/** Tries again after a few seconds: the browser does not always notice that the connection is back. */
export function scheduleRetry(): void {
  clearTimeout(retryTimer);
  retryTimer = window.setTimeout(() => void sendPending(), RETRY_MS);
}

// Decides, for every kind of edit, what follows its outcome: a conflict opens, a refusal shows every reason, a pending
// change is marked with why it still waits. Sends nothing.
import { batch } from '@preact/signals';
import { t } from '../i18n';
import { announcement } from '../state';
import { tickedIds } from '../state/tickedRows';
import type { PendingChange } from './deviceStorage';
import { draftFaults, editError, openConflict, putPending } from './editorState';
import type { EditConflict } from './rebase';
import type { FieldFault } from './validation';

export type CommitOutcome =
  /** Sent. `left` are those of several changes that met a conflict. */
  | { kind: 'done'; left: EditConflict[] }
  /** Stored on this device until the server answers. */
  | { kind: 'waiting' }
  | { kind: 'conflict'; conflicts: EditConflict[] }
  | { kind: 'refused'; faults: FieldFault[]; sentence: string };

export interface OutcomeSource {
  /** What the person did, in words. */
  label: string;
  /** Key of the draft that the change comes from. */
  draft?: string;
  /** Shows a refusal at the fields of the open form instead of in one line. */
  faultsAt?: 'fields';
}

/** Shows the outcome of changes that go together. Returns true when they are sent or wait for a connection. */
export function showOutcome(outcome: CommitOutcome, { label, draft = '', faultsAt }: OutcomeSource): boolean {
  if (outcome.kind === 'conflict') openConflict.value = { conflict: outcome.conflicts[0]!, label, draft, waiting: '' };
  if (outcome.kind === 'refused') showRefusal(outcome, faultsAt);
  return outcome.kind === 'done' || outcome.kind === 'waiting';
}

/** Shows the outcome of one change to many rows: rows that met a conflict stay ticked. */
export function showBulkOutcome(outcome: CommitOutcome): void {
  if (outcome.kind === 'refused') {
    showRefusal(outcome);
    return;
  }
  const left = outcome.kind === 'done' ? outcome.left : outcome.kind === 'conflict' ? outcome.conflicts : [];
  batch(() => {
    tickedIds.value = new Set(left.map(({ change }) => change.id));
    if (left.length) announcement.value = t('bulk.left', { count: left.length });
  });
}

/** Marks a pending change that needs a person, with the reason. */
export function holdPending(entry: PendingChange, outcome: Extract<CommitOutcome, { kind: 'conflict' | 'refused' }>): void {
  const stale = outcome.kind === 'conflict';
  batch(() => {
    putPending({ ...entry, stuck: stale ? 'stale' : { sentence: refusalText(outcome) } });
    announcement.value = t(stale ? 'waiting.stale' : 'waiting.refused', { label: entry.label });
  });
}

type EditRefusal = Extract<CommitOutcome, { kind: 'refused' }>;

function showRefusal(outcome: EditRefusal, faultsAt?: 'fields'): void {
  const atFields = faultsAt === 'fields' && outcome.faults.length > 0;
  batch(() => {
    if (atFields) draftFaults.value = outcome.faults;
    editError.value = atFields ? '' : refusalText(outcome);
  });
}

/** Every reason of the server, else its summary. */
export function refusalText({ faults, sentence }: EditRefusal): string {
  return faults.flatMap(({ value }) => (value === undefined || value === '' ? [] : [String(value)])).join(' ') || sentence;
}

// What follows the outcome of a change, decided here and nowhere else: a conflict opens, a refusal says every reason, and what
// waited for the connection is marked with why it still waits. Sends nothing.
import { batch } from '@preact/signals';
import { t } from '../i18n';
import { announcement } from '../state';
import { tickedIds } from '../state/tickedRows';
import type { PendingChange } from './deviceStorage';
import { draftFaults, editError, openConflict, putPending } from './editorState';
import type { EditConflict } from './rebase';
import type { FieldFault } from './validation';

export type CommitOutcome =
  /** Sent; `left` are those of several that met a conflict. */
  | { kind: 'done'; left: EditConflict[] }
  /** Stored on this device until the server answers. */
  | { kind: 'waiting' }
  | { kind: 'conflict'; conflicts: EditConflict[] }
  | { kind: 'refused'; faults: FieldFault[]; sentence: string };

export interface OutcomeSource {
  /** What was done, in the person's words. */
  label: string;
  /** The draft that the change came from. */
  draft?: string;
  /** Where a refusal is said: at the fields of the open form, or in one line. */
  faultsAt?: 'fields';
}

/** Shows the outcome of one change, or of several that go together. Returns whether it went through or waits to. */
export function showOutcome(outcome: CommitOutcome, { label, draft = '', faultsAt }: OutcomeSource): boolean {
  if (outcome.kind === 'conflict') openConflict.value = { conflict: outcome.conflicts[0]!, label, draft, waiting: '' };
  if (outcome.kind === 'refused') showRefusal(outcome, faultsAt);
  return outcome.kind === 'done' || outcome.kind === 'waiting';
}

/** Shows the outcome of the same change to many rows: those that met a conflict stay ticked. */
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

/** Marks a change that waited for the connection and now needs a person, with the reason. */
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

/** Every reason that the server gave, else its sentence about the whole. */
export function refusalText({ faults, sentence }: EditRefusal): string {
  return faults.flatMap(({ value }) => (value === undefined || value === '' ? [] : [String(value)])).join(' ') || sentence;
}

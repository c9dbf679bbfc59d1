// What becomes of a conflict once a person has decided.
import { batch } from '@preact/signals';
import { t } from '../i18n';
import { announcement, select } from '../state';
import { reload } from '../state/planChanges';
import type { FeatureChange, FieldName } from './featureChange';
import { commit, flush, type CommitOutcome } from './commit';
import { deciding, dropDraft, dropWaiting, trouble, waiting } from './editorState';
import { merge, type MergeSide } from './merge';
import { reconcile } from './reconcile';
import { isIntervention } from './featureRef';
import { historyOf } from './editApi';

/** Sends the joined version on top of theirs. */
export async function decide(choices: ReadonlyMap<FieldName, MergeSide>): Promise<void> {
  const asked = deciding.value;
  if (!asked) return;
  const { change, theirs, etag, differences } = asked.conflict;
  const merged = theirs && merge(theirs, differences, choices);
  if (merged) await finish([{ id: change.id, base: theirs, now: merged, etag }]);
}

/** Mine, although they removed it: it is brought back as it was last, and then made what I want. */
export async function makeAgain(): Promise<void> {
  const asked = deciding.value?.conflict.change;
  if (!asked) return;
  const last = (await historyOf(asked.id))?.find(({ before, after }) => before && !after);
  if (!last?.before) {
    trouble.value = t('restore.unreachable');
    return;
  }
  const back = { id: asked.id, base: null, now: last.before, etag: null, restore: last.revision - 1 };
  await finish([back], [{ ...asked, base: last.before, etag: null }]);
}

/** Removed, although they changed it. */
export async function removeAnyway(): Promise<void> {
  const asked = deciding.value?.conflict;
  if (asked) await finish([{ ...asked.change, base: asked.theirs, etag: asked.etag }]);
}

/** Theirs stands; mine is dropped. */
export async function letBe(): Promise<void> {
  const asked = deciding.value;
  if (!asked) return;
  leave();
  announcement.value = t('conflict.letBe');
  await reload();
}

/** Sends one step after the other; the first that does not go ends it. */
async function finish(...stepsOf: FeatureChange[][]): Promise<void> {
  const asked = deciding.value!;
  // What waits is this very change; it must not stand in its own way.
  if (asked.waiting) dropWaiting(asked.waiting);
  let outcome: CommitOutcome = { kind: 'waiting' };
  for (const changes of stepsOf) {
    outcome = await commit(changes, asked.label, { join: false });
    if (outcome.kind === 'conflict' || outcome.kind === 'refused') break;
  }
  const [change] = stepsOf.at(-1)!;
  if (outcome.kind === 'conflict') deciding.value = { ...asked, waiting: '', conflict: outcome.conflicts[0]! };
  else if (outcome.kind === 'refused') trouble.value = outcome.faults.map(({ value }) => value).join(' ') || outcome.sentence;
  else {
    leave();
    if (change?.now && isIntervention(change.id)) select(change.id, false);
  }
}

function leave(): void {
  const asked = deciding.value!;
  batch(() => {
    if (asked.draft) dropDraft(asked.draft);
    if (asked.waiting) dropWaiting(asked.waiting);
    deciding.value = null;
  });
  void flush();
}

/** Opens the decision on a change that waits for one. */
export async function look(key: string): Promise<void> {
  const entry = waiting.value.find((one) => one.key === key);
  if (!entry) return;
  const found = await reconcile(entry.changes, true);
  const conflict = found?.conflicts[0];
  if (conflict) deciding.value = { conflict, label: entry.label, draft: '', waiting: key };
}

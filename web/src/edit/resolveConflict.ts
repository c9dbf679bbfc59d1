// What becomes of a conflict once a person has decided.
import { batch } from '@preact/signals';
import { t } from '../i18n';
import { announcement, selectIntervention } from '../state';
import { reloadPlan } from '../state/planChanges';
import type { FeatureChange, FieldName } from './featureChange';
import { commitChanges, sendPending, type CommitOutcome } from './commit';
import { openConflict, dropDraft, dropPending, editError, pendingChanges } from './editorState';
import { mergeVersions, type MergeSide } from './merge';
import { reconcileChanges } from './reconcile';
import { isIntervention } from './featureRef';
import { fetchHistory } from './editApi';

/** Sends the joined version on top of theirs. */
export async function commitMerged(choices: ReadonlyMap<FieldName, MergeSide>): Promise<void> {
  const asked = openConflict.value;
  if (!asked) return;
  const { change, theirs, etag, differences } = asked.conflict;
  const merged = theirs && mergeVersions(theirs, differences, choices);
  if (merged) await commitSteps([{ id: change.id, base: theirs, now: merged, etag }]);
}

/** Mine, although they removed it: it is brought back as it was last, and then made what I want. */
export async function restoreMine(): Promise<void> {
  const asked = openConflict.value?.conflict.change;
  if (!asked) return;
  const last = (await fetchHistory(asked.id))?.find(({ before, after }) => before && !after);
  if (!last?.before) {
    editError.value = t('restore.unreachable');
    return;
  }
  const back = { id: asked.id, base: null, now: last.before, etag: null, restore: last.revision - 1 };
  await commitSteps([back], [{ ...asked, base: last.before, etag: null }]);
}

/** Removed, although they changed it. */
export async function removeAnyway(): Promise<void> {
  const asked = openConflict.value?.conflict;
  if (asked) await commitSteps([{ ...asked.change, base: asked.theirs, etag: asked.etag }]);
}

/** Theirs stands; mine is dropped. */
export async function keepTheirs(): Promise<void> {
  const asked = openConflict.value;
  if (!asked) return;
  closeConflict();
  announcement.value = t('conflict.letBe');
  await reloadPlan();
}

/** Sends one step after the other; the first that does not go ends it. */
async function commitSteps(...stepsOf: FeatureChange[][]): Promise<void> {
  const asked = openConflict.value!;
  // What waits is this very change; it must not stand in its own way.
  if (asked.waiting) dropPending(asked.waiting);
  let outcome: CommitOutcome = { kind: 'waiting' };
  for (const changes of stepsOf) {
    outcome = await commitChanges(changes, asked.label, { join: false });
    if (outcome.kind === 'conflict' || outcome.kind === 'refused') break;
  }
  const [change] = stepsOf.at(-1)!;
  if (outcome.kind === 'conflict') openConflict.value = { ...asked, waiting: '', conflict: outcome.conflicts[0]! };
  else if (outcome.kind === 'refused') editError.value = outcome.faults.map(({ value }) => value).join(' ') || outcome.sentence;
  else {
    closeConflict();
    if (change?.now && isIntervention(change.id)) selectIntervention(change.id, false);
  }
}

function closeConflict(): void {
  const asked = openConflict.value!;
  batch(() => {
    if (asked.draft) dropDraft(asked.draft);
    if (asked.waiting) dropPending(asked.waiting);
    openConflict.value = null;
  });
  void sendPending();
}

/** Opens the decision on a change that waits for one. */
export async function openPendingConflict(key: string): Promise<void> {
  const entry = pendingChanges.value.find((one) => one.key === key);
  if (!entry) return;
  const found = await reconcileChanges(entry.changes, true);
  const conflict = found?.conflicts[0];
  if (conflict) openConflict.value = { conflict, label: entry.label, draft: '', waiting: key };
}

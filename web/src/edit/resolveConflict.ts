// Applies a person's decision on a conflict.
import { batch } from '@preact/signals';
import { t } from '../i18n';
import { announcement, selectIntervention } from '../state';
import { reloadPlan } from '../state/planChanges';
import type { FeatureChange, FieldName } from './featureChange';
import { commitChanges, sendPending } from './commit';
import { openConflict, dropDraft, dropPending, editError, pendingChanges, type OpenConflict } from './editorState';
import { mergeVersions, type MergeSide } from './merge';
import { showOutcome } from './outcome';
import { reconcileChanges } from './reconcile';
import { isIntervention } from './featureRef';
import { fetchHistory } from './editApi';

/** Sends the merged version on top of the server's. */
export async function commitMerged(choices: ReadonlyMap<FieldName, MergeSide>): Promise<void> {
  const open = openConflict.value;
  if (!open) return;
  const { change, theirs, etag, differences } = open.conflict;
  const merged = theirs && mergeVersions(theirs, differences, choices);
  if (merged) await commitSteps(open, [{ id: change.id, base: theirs, now: merged, etag }]);
}

/** Keeps my version although they removed the item: restores it as it was last, then changes it to mine. */
export async function restoreMine(): Promise<void> {
  const open = openConflict.value;
  if (!open) return;
  const { change } = open.conflict;
  const removal = (await fetchHistory(change.id))?.find(({ before, after }) => before && !after);
  if (!removal?.before) {
    editError.value = t('restore.unreachable');
    return;
  }
  const restoration = { id: change.id, base: null, now: removal.before, etag: null, restore: removal.revision - 1 };
  await commitSteps(open, [restoration], [{ ...change, base: removal.before, etag: null }]);
}

/** Removes the item although they changed it. */
export async function removeAnyway(): Promise<void> {
  const open = openConflict.value;
  if (!open) return;
  const { change, theirs, etag } = open.conflict;
  await commitSteps(open, [{ ...change, base: theirs, etag }]);
}

/** Keeps their version and drops mine. */
export async function keepTheirs(): Promise<void> {
  if (!openConflict.value) return;
  closeConflict(openConflict.value);
  announcement.value = t('conflict.letBe');
  await reloadPlan();
}

/** Sends one step after the other; the first that does not go through ends it. */
async function commitSteps(open: OpenConflict, ...steps: FeatureChange[][]): Promise<void> {
  // The pending entry is this very change; it must not stand in its own way.
  if (open.waiting) dropPending(open.waiting);
  for (const changes of steps) {
    const outcome = await commitChanges(changes, open.label, { join: false });
    if (!showOutcome(outcome, { label: open.label, draft: open.draft })) return;
  }
  closeConflict(open);
  const last = steps.at(-1)?.[0];
  if (last?.now && isIntervention(last.id)) selectIntervention(last.id, false);
}

function closeConflict({ draft, waiting }: OpenConflict): void {
  batch(() => {
    if (draft) dropDraft(draft);
    if (waiting) dropPending(waiting);
    openConflict.value = null;
  });
  void sendPending();
}

/** Opens the conflict of a pending change. */
export async function openPendingConflict(key: string): Promise<void> {
  const entry = pendingChanges.value.find((one) => one.key === key);
  if (!entry) return;
  const found = await reconcileChanges(entry.changes, true);
  const conflict = found?.conflicts[0];
  if (conflict) openConflict.value = { conflict, label: entry.label, draft: '', waiting: key };
}

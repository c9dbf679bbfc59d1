// What is done with one click: status, removal, a version of before, and one field of many at once.
import { t } from '../i18n';
import type { Intervention } from '../plan';
import { model, plan, selected, titleOf } from '../state';
import { withValue, type FeatureChange, type FeatureContent, type FieldName } from './featureChange';
import { commitChanges } from './commit';
import { editError, pendingChanges } from './editorState';
import { showBulkOutcome, showOutcome } from './outcome';
import { contentOf, fetchNewest, type HistoryVersion } from './editApi';

/** Statuses that may follow one, as the plan's own vocabulary says. */
export function nextStatuses(status: string): string[] {
  return model.value?.vocabularies.status?.concepts.find(({ id }) => id === status)?.moves ?? [];
}

async function commitQuickly(changes: FeatureChange[], label: string): Promise<boolean> {
  return showOutcome(await commitChanges(changes, label, { join: true }), { label });
}

const shownContent = (one: Intervention): FeatureContent => contentOf(one);

/** A change of what the page shows; the version is asked for when it is sent. */
function changeOf(one: Intervention, now: FeatureContent | null): FeatureChange {
  return { id: one.id, base: shownContent(one), now, etag: null };
}

export async function setStatus(one: Intervention, status: string, name: string): Promise<void> {
  await commitQuickly([changeOf(one, withValue(shownContent(one), 'status', status))], t('did.status', { title: titleOf(one).text, status: name }));
}

export async function removeIntervention(one: Intervention): Promise<void> {
  const done = await commitQuickly([changeOf(one, null)], t('did.removed', { title: titleOf(one).text }));
  if (!done) return;
  if (selected.value === one.id) selected.value = '';
  // Where the way back is, unless the person has gone on.
  if (document.activeElement === document.body || document.activeElement?.closest('.detail')) document.getElementById('undo')?.focus();
}

/** The thing as it was after a revision, as a new version: nothing of its history is lost. */
export async function restoreVersion(id: string, version: HistoryVersion): Promise<void> {
  const found = await fetchNewest(id);
  if (!version.after) return;
  if (found === 'unreachable') {
    editError.value = t('restore.unreachable');
    return;
  }
  const title = String(version.after.properties.title ?? id);
  await commitQuickly([{ id, base: found?.content ?? null, now: version.after, etag: found?.etag ?? null }], t('did.restored', { title }));
}

/** One field of many, all or none; those that others changed in the same field meanwhile stay ticked. */
export async function setFieldOfMany(list: Intervention[], field: FieldName, value: unknown): Promise<void> {
  const changes = list.map((one) => changeOf(one, withValue(shownContent(one), field, value)));
  showBulkOutcome(await commitChanges(changes, t('did.many', { count: list.length }), { join: true, partly: true }));
}

/** Whether something of it is not sent yet. */
export const hasPendingChange = (id: string) => pendingChanges.value.some(({ changes }) => changes.some((change) => change.id === id));

export const titleOfId = (id: string) => {
  const one = plan.value?.byId.get(id);
  return one ? titleOf(one).text : id;
};

// Edits without a form: status, removal, restoring a version, and one field of many interventions.
import { t } from '../i18n';
import type { Intervention } from '../plan';
import { model, plan, selected, titleOf } from '../state';
import { withValue, type FeatureChange, type FeatureContent, type FieldName } from './featureChange';
import { commitChanges } from './commit';
import { editError, pendingChanges } from './editorState';
import { showBulkOutcome, showOutcome } from './outcome';
import { contentOf, fetchNewest, type HistoryVersion } from './editApi';

/** Statuses that may follow a status, from the plan's vocabulary. */
export function nextStatuses(status: string): string[] {
  return model.value?.vocabularies.status?.concepts.find(({ id }) => id === status)?.moves ?? [];
}

async function commitQuickly(changes: FeatureChange[], label: string): Promise<boolean> {
  return showOutcome(await commitChanges(changes, label, { join: true }), { label });
}

const shownContent = (one: Intervention): FeatureContent => contentOf(one);

/** A change of the version on the page; its ETag is fetched when it is sent. */
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
  // The focus goes to Undo, unless the person has moved on.
  if (document.activeElement === document.body || document.activeElement?.closest('.detail')) document.getElementById('undo')?.focus();
}

/** Restores an earlier version as a new one, so that no history is lost. */
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

/** Changes one field of many. Interventions whose field others changed meanwhile stay ticked. */
export async function setFieldOfMany(list: Intervention[], field: FieldName, value: unknown): Promise<void> {
  const changes = list.map((one) => changeOf(one, withValue(shownContent(one), field, value)));
  showBulkOutcome(await commitChanges(changes, t('did.many', { count: list.length }), { join: true, partly: true }));
}

/** Whether the intervention has a pending change. */
export const hasPendingChange = (id: string) => pendingChanges.value.some(({ changes }) => changes.some((change) => change.id === id));

export const titleOfId = (id: string) => {
  const one = plan.value?.byId.get(id);
  return one ? titleOf(one).text : id;
};

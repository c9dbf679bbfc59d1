// The editor's state: drafts, pending changes, undo steps, the open conflict, messages. Drafts and pending changes are
// stored on this device.
import { computed, signal } from '@preact/signals';
import type { FeatureItem } from '../api';
import { plan } from '../state';
import { account } from '../state/session';
import type { FeatureChange } from './featureChange';
import { removeEntry, storeEntry, loadEntries, watchEntries, type FeatureDraft, type PendingChange } from './deviceStorage';
import type { EditConflict } from './rebase';
import { contentOf } from './editApi';
import type { FieldFault } from './validation';
import { NO_STEPS, type UndoSteps } from './undoSteps';

/** A change that was sent. */
export interface CommittedStep {
  label: string;
  /** The changes as sent, each with the ETag of its result. */
  changes: FeatureChange[];
}

/** A conflict that a person decides, with the draft or pending change it comes from. */
export interface OpenConflict {
  conflict: EditConflict;
  label: string;
  draft: string;
  waiting: string;
}

export const drafts = signal<readonly FeatureDraft[]>([]);
/** Key of the draft in the editor; empty without one. */
export const openDraftKey = signal('');
export const openDraft = computed(() => drafts.value.find(({ key }) => key === openDraftKey.value) ?? null);
export const pendingChanges = signal<readonly PendingChange[]>([]);
export const editSteps = signal<UndoSteps<CommittedStep>>(NO_STEPS);
export const openConflict = signal<OpenConflict | null>(null);
/** Storage on this device is full or forbidden. */
export const storageFailed = signal(false);
/** Faults of the open draft; filled by an attempt to save. */
export const draftFaults = signal<readonly FieldFault[]>([]);
/** Why the last action failed, in a sentence. */
export const editError = signal('');

/** Counts changes of collections other than interventions; lists reload when it grows. */
export const otherDataVersion = signal(0);
/** The collection in the data browser; null while it is closed. */
export const browsedCollection = signal<string | null>(null);

/** Item lists as they were last loaded, by collection and city. */
export const itemListCache = new Map<string, FeatureItem[]>();

/** True when others changed the open draft's item after the draft was opened. */
export const draftOutdated = computed(() => {
  const one = openDraft.value;
  if (!one?.base) return false;
  const now = plan.value?.byId.get(one.key);
  return now !== undefined && JSON.stringify(orderedContent(contentOf(now))) !== JSON.stringify(orderedContent(one.base));
});

const orderedContent = ({ geometry, properties }: ReturnType<typeof contentOf>) => [geometry, Object.entries(properties).sort(([a], [b]) => (a < b ? -1 : 1))];

const login = () => account.value?.login ?? '';

let stopWatching = () => {};

/** Loads this person's drafts and pending changes from this device. */
export function loadEditorState(): void {
  stopWatching();
  readStoredEntries();
  stopWatching = watchEntries(login(), readStoredEntries);
}

/** Clears the editor after signing out; the device keeps everything. */
export function clearEditorState(): void {
  stopWatching();
  [drafts.value, pendingChanges.value, editSteps.value, openDraftKey.value, openConflict.value, editError.value] = [[], [], NO_STEPS, '', null, ''];
  browsedCollection.value = null;
  itemListCache.clear();
}

function readStoredEntries(): void {
  drafts.value = loadEntries('draft', login());
  pendingChanges.value = loadEntries('waiting', login());
}

export function putDraft(one: FeatureDraft): void {
  storageFailed.value = !storeEntry('draft', login(), one);
  const rest = drafts.value.filter(({ key }) => key !== one.key);
  drafts.value = [...rest, one];
}

export function dropDraft(key: string): void {
  removeEntry('draft', login(), key);
  drafts.value = drafts.value.filter((one) => one.key !== key);
  if (openDraftKey.value === key) openDraftKey.value = '';
}

export function putPending(one: PendingChange): void {
  storageFailed.value = !storeEntry('waiting', login(), one);
  const at = pendingChanges.value.findIndex(({ key }) => key === one.key);
  pendingChanges.value = at < 0 ? [...pendingChanges.value, one] : pendingChanges.value.with(at, one);
}

export function dropPending(key: string): void {
  removeEntry('waiting', login(), key);
  pendingChanges.value = pendingChanges.value.filter((one) => one.key !== key);
}

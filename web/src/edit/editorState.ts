// What lies on an editor's desk: drafts, changes that wait for the connection, what can be undone, what has to be decided.
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

/** Something that was done and sent. */
export interface CommittedStep {
  label: string;
  /** As they were sent, each with the version the thing got by it. */
  changes: FeatureChange[];
}

/** A conflict in front of a person, and what became of the draft or the waiting change it came from. */
export interface OpenConflict {
  conflict: EditConflict;
  label: string;
  draft: string;
  waiting: string;
}

export const drafts = signal<readonly FeatureDraft[]>([]);
/** The draft in the editor; empty when none is. */
export const openDraftKey = signal('');
export const openDraft = computed(() => drafts.value.find(({ key }) => key === openDraftKey.value) ?? null);
export const pendingChanges = signal<readonly PendingChange[]>([]);
export const editSteps = signal<UndoSteps<CommittedStep>>(NO_STEPS);
export const openConflict = signal<OpenConflict | null>(null);
/** This device keeps nothing: its storage is full or forbidden. */
export const storageFailed = signal(false);
/** What is wrong with the open draft, at its fields; filled when somebody wants to save. */
export const draftFaults = signal<readonly FieldFault[]>([]);
/** Why the last thing could not be done, in a sentence. */
export const editError = signal('');

/** Grows with each change of other things than interventions. */
export const otherDataVersion = signal(0);
/** The collection whose things are looked through, to be edited; null is none. */
export const browsedCollection = signal<string | null>(null);

/** Lists of other data as they were last had, by collection and city. */
export const itemListCache = new Map<string, FeatureItem[]>();

/** Others changed what is in the editor after it was opened. */
export const draftOutdated = computed(() => {
  const one = openDraft.value;
  if (!one?.base) return false;
  const now = plan.value?.byId.get(one.key);
  return now !== undefined && JSON.stringify(orderedContent(contentOf(now))) !== JSON.stringify(orderedContent(one.base));
});

const orderedContent = ({ geometry, properties }: ReturnType<typeof contentOf>) => [geometry, Object.entries(properties).sort(([a], [b]) => (a < b ? -1 : 1))];

const login = () => account.value?.login ?? '';

let stopWatching = () => {};

/** Lays out what this person left on this device. */
export function loadEditorState(): void {
  stopWatching();
  readStoredEntries();
  stopWatching = watchEntries(login(), readStoredEntries);
}

/** Signed out: nothing of it is shown, all of it is kept. */
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

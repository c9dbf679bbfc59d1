// The way into the import assistant (`import/`), which loads when a file is chosen or dropped: the file, the entry in
// the browser's history, and what shows after saving.
import { computed, effect, signal } from '@preact/signals';
import { plan, tab } from '../state';
import { account } from '../state/session';
import { browsedCollection, editSteps, type CommittedStep } from './editorState';
import { INTERVENTIONS } from './featureRef';
import { editableCities } from './permissions';

/** A file to bring in, and the collection that it goes into. A new object is a new request. */
export interface ImportRequest {
  file: File;
  into: string;
  /** When it was chosen, in milliseconds. */
  at: number;
}

/** A saved import, told until its undo is no longer the next one. */
export interface SavedImport {
  step: CommittedStep;
  changed: number;
  created: number;
}

export const importRequest = signal<ImportRequest | null>(null);
/** True while the assistant takes the place of the plan. */
export const importOpen = computed(() => importRequest.value !== null);
/** Why a dropped file was not taken. */
export const dropProblem = signal(false);

/** True when the focus goes back to the button that opens the assistant. */
export const entryFocus = signal(false);

const savedImport = signal<SavedImport | null>(null);
export const savedNow = computed(() => (savedImport.value && editSteps.value.done.at(-1) === savedImport.value.step ? savedImport.value : null));

export const mayBringIn = (): boolean => editableCities(account.value, [...(plan.value?.cities.keys() ?? [])]).length > 0;

const isEntry = (state: unknown): boolean => typeof state === 'object' && state !== null && 'import' in state;

/** Opens the assistant with a file. Back in the browser closes it. */
export function bringIn(file: File, into = importRequest.value?.into ?? (browsedCollection.value || INTERVENTIONS)): void {
  dropProblem.value = false;
  if (!importRequest.value && !isEntry(history.state)) history.pushState({ import: true }, '');
  importRequest.value = { file, into, at: Date.now() };
}

/** Closes the assistant; the plan shows again. */
export function closeImport(focusEntry = true): void {
  if (!importRequest.value) return;
  entryFocus.value = focusEntry;
  importRequest.value = null;
  if (isEntry(history.state)) history.back();
}

/** Closes the assistant after saving, and offers undo. */
export function showSaved(saved: SavedImport): void {
  savedImport.value = saved;
  if (tab.value !== 'table') tab.value = 'plan';
  closeImport(false);
}

export const closeSaved = (): void => {
  savedImport.value = null;
};

addEventListener('popstate', ({ state }) => {
  if (!importRequest.value || isEntry(state)) return;
  entryFocus.value = true;
  importRequest.value = null;
});
effect(() => {
  if (!account.value) closeImport();
});

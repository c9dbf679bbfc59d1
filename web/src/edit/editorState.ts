// What lies on an editor's desk: drafts, changes that wait for the connection, what can be undone, what has to be decided.
import { computed, signal } from '@preact/signals';
import type { FeatureItem } from '../api';
import { plan } from '../state';
import { account } from '../state/session';
import type { FeatureChange } from './featureChange';
import { drop, keep, kept, onKept, type FeatureDraft, type PendingChange } from './deviceStorage';
import type { EditConflict } from './rebase';
import { contentOf } from './editApi';
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
export const openKey = signal('');
export const draft = computed(() => drafts.value.find(({ key }) => key === openKey.value) ?? null);
export const waiting = signal<readonly PendingChange[]>([]);
export const steps = signal<UndoSteps<CommittedStep>>(NO_STEPS);
export const deciding = signal<OpenConflict | null>(null);
/** This device keeps nothing: its storage is full or forbidden. */
export const unkept = signal(false);
/** Why the last thing could not be done, in a sentence. */
export const trouble = signal('');

/** Grows with each change of other things than interventions. */
export const settled = signal(0);
/** The collection whose things are looked through, to be edited; null is none. */
export const browsing = signal<string | null>(null);

/** Lists of other data as they were last had, by collection and city. */
export const lists = new Map<string, FeatureItem[]>();

/** Others changed what is in the editor after it was opened. */
export const overtaken = computed(() => {
  const one = draft.value;
  if (!one?.base) return false;
  const now = plan.value?.byId.get(one.key);
  return now !== undefined && JSON.stringify(ordered(contentOf(now))) !== JSON.stringify(ordered(one.base));
});

const ordered = ({ geometry, properties }: ReturnType<typeof contentOf>) => [geometry, Object.entries(properties).sort(([a], [b]) => (a < b ? -1 : 1))];

const login = () => account.value?.login ?? '';

let end = () => {};

/** Lays out what this person left on this device. */
export function layOut(): void {
  end();
  read();
  end = onKept(login(), read);
}

/** Signed out: nothing of it is shown, all of it is kept. */
export function clear(): void {
  end();
  [drafts.value, waiting.value, steps.value, openKey.value, deciding.value, trouble.value] = [[], [], NO_STEPS, '', null, ''];
  browsing.value = null;
  lists.clear();
}

function read(): void {
  drafts.value = kept('draft', login());
  waiting.value = kept('waiting', login());
}

export function putDraft(one: FeatureDraft): void {
  unkept.value = !keep('draft', login(), one);
  const rest = drafts.value.filter(({ key }) => key !== one.key);
  drafts.value = [...rest, one];
}

export function dropDraft(key: string): void {
  drop('draft', login(), key);
  drafts.value = drafts.value.filter((one) => one.key !== key);
  if (openKey.value === key) openKey.value = '';
}

export function putWaiting(one: PendingChange): void {
  unkept.value = !keep('waiting', login(), one);
  const at = waiting.value.findIndex(({ key }) => key === one.key);
  waiting.value = at < 0 ? [...waiting.value, one] : waiting.value.with(at, one);
}

export function dropWaiting(key: string): void {
  drop('waiting', login(), key);
  waiting.value = waiting.value.filter((one) => one.key !== key);
}

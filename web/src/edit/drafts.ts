// Drafts: opened from the newest version, changed field by field, stored on this device with every change, saved or
// discarded.
import { batch, effect, signal } from '@preact/signals';
import type { Geometry } from 'geojson';
import { address } from '../api';
import { foldText } from '../textSearch';
import { language, t } from '../i18n';
import type { Intervention } from '../plan';
import { announcement, filter, model, plan, selectIntervention, selected, tab, titleOf } from '../state';
import { account } from '../state/session';
import { changedFields, GEOMETRY, isBlank, sameValue, fieldValue, withValue, type FeatureContent, type FieldName } from './featureChange';
import { validateContent } from './validation';
import { commitChanges } from './commit';
import { browsedCollection, draftFaults, drafts, dropDraft, editError, openConflict, openDraft, openDraftKey, putDraft } from './editorState';
import type { FeatureDraft } from './deviceStorage';
import { showOutcome } from './outcome';
import { reconcileChanges } from './reconcile';
import { collectionOf, isIntervention, refOf } from './featureRef';
import { editableCities } from './permissions';
import { loadSchema, schemaOf } from './schemas';
import { contentOf, fetchNewest } from './editApi';
import { addStep, NO_STEPS, redoStep, undoStep, type UndoSteps } from './undoSteps';

interface FieldStep {
  field: FieldName;
  before: unknown;
  after: unknown;
  at: number;
}

/** Undo steps within the form, before anything is saved. */
export const fieldSteps = signal<UndoSteps<FieldStep>>(NO_STEPS);
export const savingDraft = signal(false);

/** Changes of one field within this time are one undo step. */
const PAUSE_MS = 1200;

function openInEditor(one: FeatureDraft): void {
  batch(() => {
    putDraft(one);
    openDraftKey.value = one.key;
    fieldSteps.value = NO_STEPS;
    draftFaults.value = [];
    editError.value = '';
    tab.value = 'plan';
  });
}

/** Opens the newest version in the editor; without a connection the version on the page. */
export async function editItem(id: string, shown?: FeatureContent): Promise<void> {
  const before = selected.peek();
  const left = drafts.value.find(({ key }) => key === id);
  if (left) return openInEditor(left);
  const found = await fetchNewest(id);
  const held = plan.value?.byId.get(id);
  const content = found && found !== 'unreachable' ? found.content : (shown ?? (held && contentOf(held)));
  if (!content || selected.peek() !== before) return; // another item was opened meanwhile
  showItem(id);
  openInEditor({ key: id, base: content, now: content, etag: found && found !== 'unreachable' ? found.etag : null, at: Date.now() });
}

export function resumeDraft(key: string): void {
  const left = drafts.value.find((one) => one.key === key);
  if (!left) return;
  if (left.base && isIntervention(key)) selectIntervention(key, true);
  else selected.value = '';
  if (!isIntervention(key)) void loadSchema(collectionOf(key));
  openInEditor(left);
}

export function startDraft(properties: FeatureContent['properties'] = {}, geometry: Geometry | null = null): void {
  const open_ = editableCities(account.value, [...(plan.value?.cities.keys() ?? [])]);
  const city = open_.includes(filter.value.city) ? filter.value.city : open_.length === 1 ? open_[0] : undefined;
  const start = { status: 'idea', visibility: 'public', location_precision: geometry ? 'exact' : 'unknown', language: language.value };
  const now: FeatureContent = { geometry, properties: { ...start, ...(city ? { city } : {}), ...properties } };
  selected.value = '';
  openInEditor({ key: `new-${crypto.randomUUID()}`, base: null, now, etag: null, at: Date.now() });
}

/** Starts a new item of another collection. */
export function startDraftIn(collection: string): void {
  const open_ = editableCities(account.value, [...(plan.value?.cities.keys() ?? [])]);
  const city = open_.includes(filter.value.city) ? filter.value.city : open_.length === 1 ? open_[0] : undefined;
  const properties = schemaOf(collection)?.properties?.city && city ? { city } : {};
  selected.value = '';
  openInEditor({ key: refOf(collection, `new-${crypto.randomUUID()}`), base: null, now: { geometry: null, properties }, etag: null, at: Date.now() });
}

function showItem(ref: string): void {
  if (isIntervention(ref)) selectIntervention(ref, false);
  else selected.value = '';
}

export function duplicateIntervention(one: Intervention): void {
  const { properties, geometry } = contentOf(one);
  const titles = { title: t('edit.copyOf', { title: one.title }), ...(one.title_en ? { title_en: t('edit.copyOf', { title: one.title_en }) } : {}) };
  const { code: _code, ...rest } = properties;
  startDraft({ ...rest, ...titles }, geometry);
}

const COPIED_FIELDS = ['title', 'title_en', 'language', 'summary', 'summary_en', 'kind', 'types', 'functions', 'pillars', 'objectives', 'indicators', 'risks'];

/**
 * Starts an idea from another city's intervention: its texts and objectives, not its place, money, dates and people.
 * The origin is recorded.
 */
export function copyAsIdea(one: Intervention): void {
  const properties = Object.fromEntries(COPIED_FIELDS.flatMap((name) => (isBlank(one.properties[name]) ? [] : [[name, one.properties[name]]])));
  const sources = Array.isArray(one.properties.sources) ? one.properties.sources : [];
  const origin = model.value?.schema.properties?.origin ? { origin: one.id } : {};
  startDraft({ ...properties, ...origin, sources: [address(`?id=${encodeURIComponent(one.id)}`), ...sources].slice(0, 20) });
}

export function changeField(field: FieldName, value: unknown): void {
  const one = openDraft.value;
  if (!one) return;
  const before = fieldValue(one.now, field);
  if (sameValue(before, value) && before === value) return;
  const last = fieldSteps.value.done.at(-1);
  const now = Date.now();
  const goesOn = last?.field === field && field !== GEOMETRY && now - last.at < PAUSE_MS && !fieldSteps.value.undone.length;
  const step = { field, before: goesOn ? last.before : before, after: value, at: now };
  batch(() => {
    fieldSteps.value = goesOn ? { ...fieldSteps.value, done: [...fieldSteps.value.done.slice(0, -1), step] } : addStep(fieldSteps.value, step);
    setField(one, field, value);
  });
}

function setField(one: FeatureDraft, field: FieldName, value: unknown): void {
  putDraft({ ...one, now: withValue(one.now, field, value), at: Date.now() });
  draftFaults.value = draftFaults.value.filter(({ at }) => at[0] !== field);
}

export function undoField(): void {
  const step = fieldSteps.value.done.at(-1);
  if (!step || !openDraft.value) return;
  setField(openDraft.value, step.field, step.before);
  fieldSteps.value = undoStep(fieldSteps.value, step);
}

export function redoField(): void {
  const step = fieldSteps.value.undone.at(-1);
  if (!step || !openDraft.value) return;
  setField(openDraft.value, step.field, step.after);
  fieldSteps.value = redoStep(fieldSteps.value, step);
}

/** Whether discarding the draft loses anything. */
export function isTouched({ base, now }: FeatureDraft): boolean {
  return !base || changedFields(base, now).length > 0;
}

/** Saves the open draft. Faults appear at the fields, a conflict opens side by side. */
export async function saveDraft(): Promise<void> {
  const one = openDraft.value;
  const collection = one ? collectionOf(one.key) : '';
  const schema = schemaOf(collection);
  if (!one || !schema || savingDraft.value) return;
  draftFaults.value = validateContent(schema, one.now);
  if (draftFaults.value.length) return;
  if (!isTouched(one)) return closeDraft(one);
  const id = one.base ? one.key : refOf(collection, createId(one.now));
  const title = titleOfDraft(one);
  const label = t(one.base ? 'did.saved' : 'did.created', { title });
  savingDraft.value = true;
  try {
    const outcome = await commitChanges([{ id, base: one.base, now: one.now, etag: one.etag }], label, { join: false });
    if (showOutcome(outcome, { label, draft: one.key, faultsAt: 'fields' })) replaceSavedDraft(one, id);
  } finally {
    savingDraft.value = false; // whatever happens, the person can try again
  }
}

/** Removes the saved draft; text typed during saving continues as a draft on top of it. */
function replaceSavedDraft(saved: FeatureDraft, id: string): void {
  const typedOn = drafts.value.find(({ key }) => key === saved.key);
  const here = openDraftKey.value === saved.key;
  batch(() => {
    dropDraft(saved.key);
    if (typedOn && changedFields(typedOn.now, saved.now).length) {
      putDraft({ ...typedOn, key: id, base: saved.now, etag: null });
      if (here) openDraftKey.value = id;
    } else if (here) showItem(id);
  });
}

/** Removes the item that is open in the editor. */
export async function removeDrafted(one: FeatureDraft): Promise<void> {
  const label = t('did.removed', { title: titleOfDraft(one) });
  const outcome = await commitChanges([{ id: one.key, base: one.base, now: null, etag: one.etag }], label, { join: true });
  if (showOutcome(outcome, { label, draft: one.key })) dropDraft(one.key);
}

/** Compares the open draft with the server's current version. */
export async function compareWithServer(): Promise<void> {
  const one = openDraft.value;
  if (!one?.base) return;
  const found = await reconcileChanges([{ id: one.key, base: one.base, now: one.now, etag: one.etag }], false);
  const conflict = found?.conflicts[0];
  const label = t('did.saved', { title: titleOfDraft(one) });
  if (conflict) openConflict.value = { conflict, label, draft: one.key, waiting: '' };
  else if (found?.ready[0]) putDraft({ ...one, etag: found.ready[0].etag });
}

/** Leaves the editor; an unchanged draft is removed. */
export function closeDraft(one: FeatureDraft): void {
  batch(() => {
    if (one.base && !isTouched(one)) dropDraft(one.key);
    openDraftKey.value = '';
  });
}

export function discardDraft(key: string): void {
  const one = drafts.value.find((other) => other.key === key);
  if (!one) return;
  dropDraft(key);
  announcement.value = t('draft.discarded', { title: titleOfDraft(one) });
}

/** A new id from city and title, made unique by a random suffix. */
function createId({ properties }: FeatureContent): string {
  const words = (text: unknown) =>
    foldText(String(text ?? ''))
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '');
  const stem = [words(properties.city), words(properties.title_en ?? properties.title ?? titleOfContent({ geometry: null, properties }))]
    .filter(Boolean)
    .join('-')
    .slice(0, 80)
    .replace(/-+$/, '');
  const unlike = crypto.randomUUID().slice(0, 6);
  return `${stem || 'x'}-${unlike}`;
}

/** Selecting another intervention leaves the editor; the draft is stored. */
effect(() => {
  const key = selected.value;
  const one = openDraft.peek();
  if (key) browsedCollection.value = null;
  if (one && key && key !== one.key) closeDraft(one);
});

/** Fields that can serve as a title, in order of preference. */
const TITLE_FIELDS = ['title', 'name', 'street', 'address', 'unit', 'text', 'subject', 'indicator', 'class'];

export function titleOfContent({ properties }: FeatureContent): string {
  const name = TITLE_FIELDS.find((one) => !isBlank(properties[one]));
  return name ? String(properties[name]) : '';
}

export const titleOfDraft = ({ key, now }: FeatureDraft): string => {
  const held = plan.value?.byId.get(key);
  return titleOfContent(now) || (held ? titleOf(held).text : t('edit.untitled'));
};

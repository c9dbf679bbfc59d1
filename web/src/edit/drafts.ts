// A draft: opened from the newest version, changed field by field, kept on this device with every change, saved or discarded.
import { batch, effect, signal } from '@preact/signals';
import type { Geometry } from 'geojson';
import { address } from '../api';
import { fold } from '../textSearch';
import { language, t } from '../i18n';
import type { Intervention } from '../plan';
import { announcement, filter, model, plan, select, selected, tab, titleOf } from '../state';
import { account } from '../state/session';
import { differing, GEOMETRY, isNothing, same, fieldValue, withValue, type FeatureContent, type FieldName } from './featureChange';
import { faultsOf, type FieldFault } from './validation';
import { commit } from './commit';
import { browsing, deciding, draft, drafts, dropDraft, openKey, putDraft, trouble } from './editorState';
import type { FeatureDraft } from './deviceStorage';
import { reconcile } from './reconcile';
import { collectionOf, isIntervention, refOf } from './featureRef';
import { citiesOpen } from './permissions';
import { loadSchema, schemaOf } from './schemas';
import { contentOf, newest } from './editApi';
import { did, NO_STEPS, redid, undid, type UndoSteps } from './undoSteps';

interface FieldStep {
  field: FieldName;
  before: unknown;
  after: unknown;
  at: number;
}

/** What can be undone within the editor, before anything is saved. */
export const fieldSteps = signal<UndoSteps<FieldStep>>(NO_STEPS);
/** What is wrong with the draft; filled when somebody wants to save. */
export const faults = signal<readonly FieldFault[]>([]);
export const saving = signal(false);

/** Typing on in the same field within this time is one step. */
const PAUSE_MS = 1200;

function open(one: FeatureDraft): void {
  batch(() => {
    putDraft(one);
    openKey.value = one.key;
    fieldSteps.value = NO_STEPS;
    faults.value = [];
    trouble.value = '';
    tab.value = 'plan';
  });
}

/** Opens the editor on the newest version; without a connection on the one that the page shows. */
export async function edit(id: string, shown?: FeatureContent): Promise<void> {
  const before = selected.peek();
  const left = drafts.value.find(({ key }) => key === id);
  if (left) return open(left);
  const found = await newest(id);
  const held = plan.value?.byId.get(id);
  const content = found && found !== 'unreachable' ? found.content : (shown ?? (held && contentOf(held)));
  if (!content || selected.peek() !== before) return; // something else was opened meanwhile
  show(id);
  open({ key: id, base: content, now: content, etag: found && found !== 'unreachable' ? found.etag : null, at: Date.now() });
}

export function resumeDraft(key: string): void {
  const left = drafts.value.find((one) => one.key === key);
  if (!left) return;
  if (left.base && isIntervention(key)) select(key, true);
  else selected.value = '';
  if (!isIntervention(key)) void loadSchema(collectionOf(key));
  open(left);
}

export function make(properties: FeatureContent['properties'] = {}, geometry: Geometry | null = null): void {
  const open_ = citiesOpen(account.value, [...(plan.value?.cities.keys() ?? [])]);
  const city = open_.includes(filter.value.city) ? filter.value.city : open_.length === 1 ? open_[0] : undefined;
  const start = { status: 'idea', visibility: 'public', location_precision: geometry ? 'exact' : 'unknown', language: language.value };
  const now: FeatureContent = { geometry, properties: { ...start, ...(city ? { city } : {}), ...properties } };
  selected.value = '';
  open({ key: `new-${crypto.randomUUID()}`, base: null, now, etag: null, at: Date.now() });
}

/** A new thing of another collection. */
export function makeIn(collection: string): void {
  const open_ = citiesOpen(account.value, [...(plan.value?.cities.keys() ?? [])]);
  const city = open_.includes(filter.value.city) ? filter.value.city : open_.length === 1 ? open_[0] : undefined;
  const properties = schemaOf(collection)?.properties?.city && city ? { city } : {};
  selected.value = '';
  open({ key: refOf(collection, `new-${crypto.randomUUID()}`), base: null, now: { geometry: null, properties }, etag: null, at: Date.now() });
}

function show(ref: string): void {
  if (isIntervention(ref)) select(ref, false);
  else selected.value = '';
}

export function duplicate(one: Intervention): void {
  const { properties, geometry } = contentOf(one);
  const titles = { title: t('edit.copyOf', { title: one.title }), ...(one.title_en ? { title_en: t('edit.copyOf', { title: one.title_en }) } : {}) };
  const { code: _code, ...rest } = properties;
  make({ ...rest, ...titles }, geometry);
}

const TAKEN = ['title', 'title_en', 'language', 'summary', 'summary_en', 'kind', 'types', 'functions', 'pillars', 'objectives', 'indicators', 'risks'];

/** What another city does, as an idea of one's own: its words and aims, not its place, money, dates and people; its origin is named. */
export function takeOver(one: Intervention): void {
  const properties = Object.fromEntries(TAKEN.flatMap((name) => (isNothing(one.properties[name]) ? [] : [[name, one.properties[name]]])));
  const sources = Array.isArray(one.properties.sources) ? one.properties.sources : [];
  const origin = model.value?.schema.properties?.origin ? { origin: one.id } : {};
  make({ ...properties, ...origin, sources: [address(`?id=${encodeURIComponent(one.id)}`), ...sources].slice(0, 20) });
}

export function change(field: FieldName, value: unknown): void {
  const one = draft.value;
  if (!one) return;
  const before = fieldValue(one.now, field);
  if (same(before, value) && before === value) return;
  const last = fieldSteps.value.done.at(-1);
  const now = Date.now();
  const goesOn = last?.field === field && field !== GEOMETRY && now - last.at < PAUSE_MS && !fieldSteps.value.undone.length;
  const step = { field, before: goesOn ? last.before : before, after: value, at: now };
  batch(() => {
    fieldSteps.value = goesOn ? { ...fieldSteps.value, done: [...fieldSteps.value.done.slice(0, -1), step] } : did(fieldSteps.value, step);
    set(one, field, value);
  });
}

function set(one: FeatureDraft, field: FieldName, value: unknown): void {
  putDraft({ ...one, now: withValue(one.now, field, value), at: Date.now() });
  faults.value = faults.value.filter(({ at }) => at[0] !== field);
}

export function undoField(): void {
  const step = fieldSteps.value.done.at(-1);
  if (!step || !draft.value) return;
  set(draft.value, step.field, step.before);
  fieldSteps.value = undid(fieldSteps.value, step);
}

export function redoField(): void {
  const step = fieldSteps.value.undone.at(-1);
  if (!step || !draft.value) return;
  set(draft.value, step.field, step.after);
  fieldSteps.value = redid(fieldSteps.value, step);
}

/** Whether anything would be lost by discarding it. */
export function isTouched({ base, now }: FeatureDraft): boolean {
  return !base || differing(base, now).length > 0;
}

/** Saves what is in the editor. What is wrong is said at the fields, what others changed meanwhile is put side by side. */
export async function save(): Promise<void> {
  const one = draft.value;
  const collection = one ? collectionOf(one.key) : '';
  const schema = schemaOf(collection);
  if (!one || !schema || saving.value) return;
  faults.value = faultsOf(schema, one.now);
  if (faults.value.length) return;
  if (!isTouched(one)) return close(one);
  saving.value = true;
  const id = one.base ? one.key : refOf(collection, newId(one.now));
  const title = titleOfDraft(one);
  const label = t(one.base ? 'did.saved' : 'did.created', { title });
  const outcome = await commit([{ id, base: one.base, now: one.now, etag: one.etag }], label, { join: false });
  saving.value = false;
  if (outcome.kind === 'refused') [faults.value, trouble.value] = [outcome.faults, outcome.faults.length ? '' : outcome.sentence];
  else if (outcome.kind === 'conflict') deciding.value = { conflict: outcome.conflicts[0]!, label, draft: one.key, waiting: '' };
  else {
    const typedOn = drafts.value.find(({ key }) => key === one.key);
    const here = openKey.value === one.key;
    batch(() => {
      dropDraft(one.key);
      if (typedOn && differing(typedOn.now, one.now).length) {
        // What was typed while it was being saved goes on as a draft on top of it.
        putDraft({ ...typedOn, key: id, base: one.now, etag: null });
        if (here) openKey.value = id;
      } else if (here) show(id);
    });
  }
}

/** Takes what is in the editor out of the plan. */
export async function removeDrafted(one: FeatureDraft): Promise<void> {
  const outcome = await commit([{ id: one.key, base: one.base, now: null, etag: one.etag }], t('did.removed', { title: titleOfDraft(one) }), { join: true });
  if (outcome.kind === 'refused') trouble.value = outcome.sentence;
  else if (outcome.kind === 'conflict')
    deciding.value = { conflict: outcome.conflicts[0]!, label: t('did.removed', { title: titleOfDraft(one) }), draft: one.key, waiting: '' };
  else dropDraft(one.key);
}

/** Puts the editor's draft beside what others made of the same meanwhile. */
export async function lookAtOthers(): Promise<void> {
  const one = draft.value;
  if (!one?.base) return;
  const found = await reconcile([{ id: one.key, base: one.base, now: one.now, etag: one.etag }], false);
  const conflict = found?.conflicts[0];
  const label = t('did.saved', { title: titleOfDraft(one) });
  if (conflict) deciding.value = { conflict, label, draft: one.key, waiting: '' };
  else if (found?.ready[0]) putDraft({ ...one, etag: found.ready[0].etag });
}

/** Leaves the editor; a draft that says nothing new is not kept. */
export function close(one: FeatureDraft): void {
  batch(() => {
    if (one.base && !isTouched(one)) dropDraft(one.key);
    openKey.value = '';
  });
}

export function discard(key: string): void {
  const one = drafts.value.find((other) => other.key === key);
  if (!one) return;
  dropDraft(key);
  announcement.value = t('draft.discarded', { title: titleOfDraft(one) });
}

/** City and title as an id that nobody has. */
function newId({ properties }: FeatureContent): string {
  const words = (text: unknown) =>
    fold(String(text ?? ''))
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

/** Opening something else leaves the editor; the draft is kept. */
effect(() => {
  const key = selected.value;
  const one = draft.peek();
  if (key) browsing.value = null;
  if (one && key && key !== one.key) close(one);
});

/** Fields that say what a thing is called, the first that it has. */
const NAMES = ['title', 'name', 'street', 'address', 'unit', 'text', 'subject', 'indicator', 'class'];

export function titleOfContent({ properties }: FeatureContent): string {
  const name = NAMES.find((one) => !isNothing(properties[one]));
  return name ? String(properties[name]) : '';
}

export const titleOfDraft = ({ key, now }: FeatureDraft): string => {
  const held = plan.value?.byId.get(key);
  return titleOfContent(now) || (held ? titleOf(held).text : t('edit.untitled'));
};

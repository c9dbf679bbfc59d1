// The form of one item: faults are summed up above it and repeated at each field; every change is stored on this device
// at once.
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { language, t, type MessageKey } from '../i18n';
import { inLanguage, type FieldSchema } from '../model';
import { announcement } from '../state';
import { Icon } from '../ui/Icon';
import { changedFields, GEOMETRY } from './featureChange';
import { faultKey, type FieldFault } from './validation';
import { ConflictForm } from './Conflict';
import { DataBrowser, titleOfCollection } from './DataBrowser';
import { draftFaults, browsedCollection, openConflict, openDraft, draftOutdated, editError, storageFailed } from './editorState';
import {
  changeField,
  closeDraft,
  discardDraft,
  fieldSteps,
  isTouched,
  compareWithServer,
  redoField,
  removeDrafted,
  saveDraft,
  savingDraft,
  titleOfDraft,
  undoField,
} from './drafts';
import { formOf, sectionOf, sectionsOf, type FormField, type FormSection } from './form';
import { PlaceField } from './PlaceField';
import { FaultText, fieldId, titleOfField } from './FieldFrame';
import { FieldInput } from './FieldInput';
import type { FeatureDraft } from './deviceStorage';
import { collectionOf, isIntervention } from './featureRef';
import { loadSchema, schemaOf } from './schemas';

const SECTION_TITLES: Record<FormSection, MessageKey> = {
  what: 'section.what',
  where: 'section.where',
  when: 'section.when',
  money: 'section.money',
  aims: 'section.aims',
  work: 'section.work',
  record: 'section.record',
};

/** The editor takes the place of the detail. */
export function EditorPanel() {
  if (openConflict.value) return <ConflictForm key="conflict" />;
  if (openDraft.value) return <DraftEditor key={openDraft.value.key} one={openDraft.value} />;
  return browsedCollection.value === null ? null : <DataBrowser />;
}

function DraftEditor({ one }: { one: FeatureDraft }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(() => {
    heading.current?.focus();
    document.getElementById('tab-content')?.scrollTo(0, 0);
    announcement.value = t('edit.opened', { title: titleOfDraft(one) });
  }, []);
  const collection = collectionOf(one.key);
  const schema = schemaOf(collection);
  useEffect(() => void loadSchema(collection), [collection]);
  if (!schema) return null;
  const fields = formOf(schema);
  const short = !isIntervention(one.key);
  const sections: [FormSection, FormField[]][] = [
    ...sectionsOf(fields, short),
    ...(short && schema.properties?.geometry ? [['where', []] satisfies [FormSection, FormField[]]] : []),
  ];
  const shown = draftFaults.value;
  const submit = async () => {
    await saveDraft();
    if (draftFaults.value.length) document.getElementById('faults')?.focus();
  };
  return (
    <div class="editor form" role="form" aria-labelledby="editor-title" onKeyDown={(event) => handleEditorKeys(event, submit)}>
      <div class="way">
        <button type="button" class="link" onClick={() => closeDraft(one)}>
          <Icon name="back" />
          {t('edit.leave')}
        </button>
        <span class="grow" />
        <button
          type="button"
          class="square"
          id="undo-field"
          aria-label={t('edit.undo')}
          title={t('edit.undo')}
          aria-disabled={!fieldSteps.value.done.length}
          onClick={undoField}
        >
          <Icon name="undo" />
        </button>
        <button
          type="button"
          class="square"
          id="redo-field"
          aria-label={t('edit.redo')}
          title={t('edit.redo')}
          aria-disabled={!fieldSteps.value.undone.length}
          onClick={redoField}
        >
          <Icon name="redo" />
        </button>
      </div>
      <h1 ref={heading} id="editor-title" tabIndex={-1}>
        {one.base
          ? t('edit.title', { title: titleOfDraft(one) })
          : short
            ? t('data.newTitle', { collection: titleOfCollection(schema, collection) })
            : t('edit.newTitle')}
      </h1>
      <p class="note">{storageFailed.value ? t('draft.unkept') : t('draft.kept')}</p>
      {draftOutdated.value && <OutdatedNotice />}
      {editError.value && (
        <p class="fault" role="alert">
          {editError.value}
        </p>
      )}
      <FaultSummary faults={shown} fields={fields} schema={schema} />
      {sections.map(([section, own]) => (
        <EditorSection key={section} section={section} own={own} one={one} schema={schema} short={short} />
      ))}
      <div class="actions sticky">
        <button type="button" class="button primary" id="save" disabled={savingDraft.value} onClick={() => void submit()}>
          {one.base ? t('edit.save') : t('edit.create')}
        </button>
        {isTouched(one) && (
          <button type="button" class="button" onClick={() => discardDraft(one.key)}>
            {t('draft.discard')}
          </button>
        )}
        {!isTouched(one) && (
          <button type="button" class="button" onClick={() => closeDraft(one)}>
            {t('edit.cancel')}
          </button>
        )}
        {short && one.base && (
          <button type="button" class="button danger" onClick={() => void removeDrafted(one)}>
            {t('edit.remove')}
          </button>
        )}
      </div>
    </div>
  );
}

/** In a text field the browser's own undo applies; elsewhere the keys undo the last field. */
function handleEditorKeys(event: KeyboardEvent, submit: () => Promise<void>): void {
  if (!(event.ctrlKey || event.metaKey)) return;
  const target = event.target as HTMLElement;
  const key = event.key.toLowerCase();
  if (key === 's') {
    event.preventDefault();
    void submit();
  } else if (key === 'z' && !target.matches('input:not([type=checkbox]), textarea')) {
    event.preventDefault();
    if (event.shiftKey) redoField();
    else undoField();
  }
}

function EditorSection({
  section,
  own,
  one,
  schema,
  short,
}: {
  section: FormSection;
  own: FormField[];
  one: FeatureDraft;
  schema: FieldSchema;
  short: boolean;
}) {
  const wrong = draftFaults.value.filter(({ at }) => at[0] !== undefined && sectionOf(at[0], short) === section).length;
  const touched = one.base ? changedFields(one.base, one.now).filter((name) => sectionOf(name, short) === section).length : 0;
  return (
    <details class="section" open={section === 'what' || section === 'where' || wrong > 0}>
      <summary>
        <h2>{t(SECTION_TITLES[section])}</h2>
        {wrong > 0 && <span class="fault">{t('edit.wrong', { count: wrong })}</span>}
        {wrong === 0 && touched > 0 && <span class="note">{t('edit.touched', { count: touched })}</span>}
        <Icon name="down" />
      </summary>
      <div class="fields-of">
        {section === 'where' && (
          <PlaceField
            value={one.now.geometry}
            city={String(one.now.properties.city ?? '')}
            faults={draftFaults.value}
            id={one.key}
            schema={schema.properties?.geometry}
          />
        )}
        {own.map((field) => (
          <FieldInput
            key={field.name}
            field={field}
            at={[field.name]}
            value={one.now.properties[field.name]}
            faults={draftFaults.value}
            change={(value) => changeField(field.name, value)}
            city={String(one.now.properties.city ?? '')}
            status={String(one.base?.properties.status ?? '')}
          />
        ))}
      </div>
    </details>
  );
}

/** The faults, each with a link to its field. */
function FaultSummary({ faults: list, fields, schema }: { faults: readonly FieldFault[]; fields: FormField[]; schema: FieldSchema }) {
  if (!list.length) return null;
  const place = schema.properties?.geometry;
  const nameOf = ([name = '']: string[]) => {
    if (name === GEOMETRY) return inLanguage(place?.['x-cityheart-title'], language.value) ?? name;
    const field = fields.find((one) => one.name === name);
    return field ? titleOfField(field) : '';
  };
  const go = (event: Event, at: string[]) => {
    event.preventDefault();
    const target = document.getElementById(fieldId(at)) ?? document.getElementById(fieldId(at.slice(0, 1)));
    target?.closest('details')?.setAttribute('open', '');
    target?.focus();
    target?.scrollIntoView({ block: 'center' });
  };
  return (
    <div class="faults" id="faults" role="alert" tabIndex={-1}>
      <h2>{t('edit.faults', { count: list.length })}</h2>
      <ul>
        {list.map((fault) => (
          <li key={faultKey(fault.at) + fault.reason}>
            {fault.at.length ? (
              <a href={`#${fieldId(fault.at)}`} onClick={(event) => go(event, fault.at)}>
                {nameOf(fault.at)}: <FaultText fault={fault} />
              </a>
            ) : (
              <FaultText fault={fault} />
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}

function OutdatedNotice() {
  return (
    <div class="hint" role="status">
      <p>{t('edit.overtaken')}</p>
      <button type="button" class="button" onClick={() => void compareWithServer()}>
        {t('edit.compare')}
      </button>
    </div>
  );
}

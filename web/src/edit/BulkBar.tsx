// Changes one field of all ticked rows. Rows that the account may not change, or not to this status, are skipped and
// counted.
import { useEffect, useState } from 'preact/hooks';
import { t } from '../i18n';
import type { Intervention } from '../plan';
import { model, plan } from '../state';
import { tickedIds, tickedInterventions } from '../state/tickedRows';
import { account } from '../state/session';
import { Icon } from '../ui/Icon';
import { nextStatuses, setFieldOfMany } from './quickEdits';
import { isBlank } from './featureChange';
import { validateContent, type FieldFault } from './validation';
import { editError } from './editorState';
import { formOf, type FormField } from './form';
import { titleOfField } from './FieldFrame';
import { FieldInput } from './FieldInput';
import { loadOwnership, denialFor } from './ownership';
import { editableCities } from './permissions';

/** Fields that make sense for many interventions at once. */
const BULK_FIELDS = [
  'status',
  'kind',
  'visibility',
  'lead',
  'functions',
  'objectives',
  'pillars',
  'types',
  'start',
  'end',
  'date_precision',
  'location_precision',
  'iap',
];

export function BulkBar() {
  const [name, setName] = useState('status');
  const [value, setValue] = useState<unknown>(null);
  const [faults, setFaults] = useState<FieldFault[]>([]);
  const [busy, setBusy] = useState(false);
  const list = tickedInterventions.value;
  useEffect(() => void loadOwnership(list.map(({ id }) => id)), [list, account.value?.login]);
  const mayAny = editableCities(account.value, [...(plan.value?.cities.keys() ?? [])]).length > 0;
  if (!mayAny || !model.value || !list.length) return null;
  const fields = formOf(model.value.schema).filter((field) => BULK_FIELDS.includes(field.name));
  const field = fields.find((one) => one.name === name) ?? fields[0]!;
  const open = list.filter((one) => mayChangeAll(one, field, value));
  const apply = async (event: Event) => {
    event.preventDefault();
    const found = validateContent(model.value!.schema, { geometry: null, properties: { [name]: value } }).filter(({ at }) => at[0] === name);
    const missing: FieldFault[] = isBlank(value) ? [{ at: [name], reason: 'required' }] : [];
    setFaults([...missing, ...found].slice(0, 1));
    if (missing.length || found.length || !open.length) return;
    setBusy(true);
    await setFieldOfMany(open, name, value);
    setBusy(false);
    setValue((now: unknown) => (now === value ? null : now)); // another value may have been chosen meanwhile
  };
  return (
    <form class="bulk form" aria-label={t('bulk.label')} noValidate onSubmit={(event) => void apply(event)}>
      <p>
        <b>{t('bulk.count', { count: list.length })}</b>
        <button type="button" class="link" onClick={() => (tickedIds.value = new Set())}>
          {t('bulk.clear')}
        </button>
      </p>
      <div class="field">
        <label for="bulk-field">{t('bulk.field')}</label>
        <span class="select full">
          <select
            id="bulk-field"
            value={name}
            onChange={(event) => {
              setName(event.currentTarget.value);
              setValue(null);
              setFaults([]);
            }}
          >
            {fields.map((one) => (
              <option key={one.name} value={one.name}>
                {titleOfField(one)}
              </option>
            ))}
          </select>
          <Icon name="down" />
        </span>
      </div>
      <FieldInput field={{ ...field, required: false }} at={[name]} value={value} faults={faults} change={setValue} />
      {editError.value && (
        <p class="fault" role="alert">
          {editError.value}
        </p>
      )}
      {!isBlank(value) && open.length < list.length && <p class="note">{t('bulk.cannot', { count: list.length - open.length })}</p>}
      <button type="submit" class="button primary" disabled={busy || (!isBlank(value) && !open.length)}>
        {t('bulk.apply', { count: isBlank(value) ? list.length : open.length })}
      </button>
    </form>
  );
}

function mayChangeAll(one: Intervention, field: FormField, value: unknown): boolean {
  if (denialFor(one) !== '') return false;
  return field.name !== 'status' || isBlank(value) || one.status === value || nextStatuses(one.status).includes(String(value));
}

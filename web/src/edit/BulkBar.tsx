// Several at once: one field of all ticked rows. Who may not be changed, or not to this status, is left out and counted.
import { useEffect, useState } from 'preact/hooks';
import { t } from '../i18n';
import type { Intervention } from '../plan';
import { model, plan } from '../state';
import { chosen, chosenInSight } from '../state/tickedRows';
import { account } from '../state/session';
import { Icon } from '../ui/Icon';
import { movesFrom, setMany } from './quickEdits';
import { isNothing } from './featureChange';
import { faultsOf, type FieldFault } from './validation';
import { trouble } from './editorState';
import { formOf, type FormField } from './form';
import { Input, titleOfField } from './FieldInput';
import { learnOwn, reasonAgainst } from './ownership';
import { citiesOpen } from './permissions';

/** Fields that make sense for many at once. */
const MANY = [
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
  const list = chosenInSight.value;
  useEffect(() => void learnOwn(list.map(({ id }) => id)), [list, account.value?.login]);
  const mayAny = citiesOpen(account.value, [...(plan.value?.cities.keys() ?? [])]).length > 0;
  if (!mayAny || !model.value || !list.length) return null;
  const fields = formOf(model.value.schema).filter((field) => MANY.includes(field.name));
  const field = fields.find((one) => one.name === name) ?? fields[0]!;
  const open = list.filter((one) => may(one, field, value));
  const apply = async (event: Event) => {
    event.preventDefault();
    const found = faultsOf(model.value!.schema, { geometry: null, properties: { [name]: value } }).filter(({ at }) => at[0] === name);
    const missing: FieldFault[] = isNothing(value) ? [{ at: [name], reason: 'required' }] : [];
    setFaults([...missing, ...found].slice(0, 1));
    if (missing.length || found.length || !open.length) return;
    setBusy(true);
    await setMany(open, name, value);
    setBusy(false);
    setValue((now: unknown) => (now === value ? null : now)); // another may have been chosen meanwhile
  };
  return (
    <form class="bulk form" aria-label={t('bulk.label')} noValidate onSubmit={(event) => void apply(event)}>
      <p>
        <b>{t('bulk.count', { count: list.length })}</b>
        <button type="button" class="link" onClick={() => (chosen.value = new Set())}>
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
      <Input field={{ ...field, required: false }} at={[name]} value={value} faults={faults} change={setValue} />
      {trouble.value && (
        <p class="fault" role="alert">
          {trouble.value}
        </p>
      )}
      {!isNothing(value) && open.length < list.length && <p class="note">{t('bulk.cannot', { count: list.length - open.length })}</p>}
      <button type="submit" class="button primary" disabled={busy || (!isNothing(value) && !open.length)}>
        {t('bulk.apply', { count: isNothing(value) ? list.length : open.length })}
      </button>
    </form>
  );
}

function may(one: Intervention, field: FormField, value: unknown): boolean {
  if (reasonAgainst(one) !== '') return false;
  return field.name !== 'status' || isNothing(value) || one.status === value || movesFrom(one.status).includes(String(value));
}

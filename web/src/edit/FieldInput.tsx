// The input of one form field, by its kind, with its name, help and fault.
import { language, t } from '../i18n';
import { inLanguage, vocabularyOf, conceptLabel } from '../model';
import { cityName, model, plan, titleOf } from '../state';
import { account } from '../state/session';
import { Icon } from '../ui/Icon';
import { isBlank } from './featureChange';
import { AddOption, describedBy, faultAt, FieldError, FieldHelp, fieldId, InputGroup, RequiredMark, titleOfField, type InputProps } from './FieldFrame';
import type { FormField } from './form';
import { RowsInput, TextsInput } from './ListFields';
import { NamesInput } from './NamesField';
import { nextStatuses, titleOfId } from './quickEdits';
import { editableCities } from './permissions';
import { parseNumber } from './validation';

export function FieldInput(props: InputProps) {
  const { field, at } = props;
  switch (field.kind) {
    case 'choices':
      return <ChoicesInput {...props} />;
    case 'rows':
      return <RowsInput {...props} Entry={FieldInput} />;
    case 'texts':
      return <TextsInput {...props} Entry={FieldInput} />;
    case 'names':
      return <NamesInput {...props} Entry={FieldInput} />;
    case 'references':
      return <ReferencesInput {...props} />;
    case 'flag':
      return <FlagInput {...props} />;
    default:
      return (
        <div class={`field ${faultAt(props) ? 'wrong' : ''}`}>
          <label for={fieldId(at)}>
            {titleOfField(field)}
            <RequiredMark field={field} />
          </label>
          <FieldHelp field={field} at={at} />
          <FieldError {...props} />
          <FieldControl {...props} />
        </div>
      );
  }
}

function FieldControl(props: InputProps) {
  const { field, at, value, change } = props;
  const common = { id: fieldId(at), class: 'input', 'aria-required': field.required, ...describedBy(props) };
  const text = isBlank(value) ? '' : String(value);
  if (isSelect(field)) return <ChoiceInput {...props} />;
  if (field.kind === 'long') return <textarea {...common} rows={3} value={text} onInput={(event) => change(event.currentTarget.value)} />;
  if (field.kind === 'date') return <input {...common} type="date" value={text} onInput={(event) => change(event.currentTarget.value)} />;
  if (field.kind === 'number') return <NumberInput {...props} />;
  return <input {...common} value={text} onInput={(event) => change(event.currentTarget.value)} />;
}

/**
 * A number as people type it: with comma or point, with spaces between thousands. Text that is no number stays as
 * typed.
 */
function NumberInput(props: InputProps) {
  const { field, at, value, change } = props;
  const money = field.schema.format === 'decimal';
  const input = (
    <input
      id={fieldId(at)}
      class="input number"
      inputMode="decimal"
      autocomplete="off"
      aria-required={field.required}
      {...describedBy(props)}
      value={isBlank(value) ? '' : String(value)}
      onChange={(event) => change(parseNumber(event.currentTarget.value))}
    />
  );
  return money ? (
    <span class="with-unit">
      {input}
      <span aria-hidden="true">€</span>
    </span>
  ) : (
    input
  );
}

function ChoiceInput(props: InputProps) {
  const { field, at, value, change } = props;
  const options = optionsOf(props);
  const text = isBlank(value) ? '' : String(value);
  const known = !text || options.some(([id]) => id === text);
  return (
    <span class="select full">
      <select
        id={fieldId(at)}
        aria-required={field.required}
        {...describedBy(props)}
        value={text}
        onChange={(event) => change(event.currentTarget.value || null)}
      >
        {(!field.required || !text) && <option value="">{t('edit.choose')}</option>}
        {!known && <option value={text}>{titleOfId(text)}</option>}
        {options.map(([id, name]) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
      <Icon name="down" />
    </span>
  );
}

function optionsOf({ field, value, city, status }: InputProps): [string, string][] {
  if (field.schema['x-ogc-collectionId'] === 'cities') {
    const open = editableCities(account.value, [...(plan.value?.cities.keys() ?? [])]);
    return open.map((id) => [id, cityName(plan.value?.cities.get(id))]);
  }
  if (field.kind === 'reference' || field.kind === 'references') return REFERENCE_OPTIONS[field.schema['x-ogc-collectionId'] ?? 'interventions']?.(city) ?? [];
  const ids = field.schema.enum ?? field.schema.items?.enum ?? [];
  const open = field.name === 'status' && status ? ids.filter((id) => id === status || id === value || nextStatuses(status).includes(id)) : ids;
  const vocabulary = model.value ? vocabularyOf(model.value, field.schema.items ?? field.schema) : undefined;
  return open.map((id) => [id, conceptLabel(vocabulary, id, language.value)]);
}

/** Options for references to collections that the page holds; ids of other collections are typed. */
const REFERENCE_OPTIONS: Record<string, (city: string | undefined) => [string, string][]> = {
  interventions: interventionOptions,
  partners: () => (plan.value?.partners ?? []).map(({ id, name }) => [id, name]),
  indicators: () => [...(plan.value?.indicators ?? [])].map(([id, names]) => [id, inLanguage(names, language.value) ?? id]),
  areas: (city) => (plan.value?.areas ?? []).filter((one) => !city || one.city === city).map(({ id, name }) => [id, name]),
};
const isSelect = ({ kind, schema }: FormField) => {
  const from = schema['x-ogc-collectionId'] ?? 'interventions';
  return kind === 'choice' || (kind === 'reference' && (from === 'cities' || from in REFERENCE_OPTIONS));
};

/** Interventions of the same city, where dependencies lie. */
function interventionOptions(city: string | undefined): [string, string][] {
  const collator = new Intl.Collator(language.value);
  const own = (plan.value?.interventions ?? []).filter((one) => !city || one.city === city);
  return own.map((one): [string, string] => [one.id, titleOf(one).text]).sort((a, b) => collator.compare(a[1], b[1]));
}

function ChoicesInput(props: InputProps) {
  const { field, at, value, change } = props;
  const chosen = Array.isArray(value) ? value.map(String) : [];
  const code = field.schema.items?.enum?.every((id) => /^[A-Z]+\d$/.test(id));
  return (
    <InputGroup {...props}>
      <div class={code ? 'choices tall' : 'choices'}>
        {optionsOf(props).map(([id, name], i) => (
          <label key={id} class="choice">
            <input
              type="checkbox"
              id={i ? undefined : fieldId(at)}
              checked={chosen.includes(id)}
              onChange={(event) => change(event.currentTarget.checked ? [...chosen, id] : chosen.filter((one) => one !== id))}
            />
            <span>
              {code && <b>{id} </b>}
              {name}
            </span>
          </label>
        ))}
      </div>
    </InputGroup>
  );
}

function ReferencesInput(props: InputProps) {
  const { value, change } = props;
  const chosen = Array.isArray(value) ? value.map(String) : [];
  const options = optionsOf(props);
  const nameOf = (id: string) => options.find(([one]) => one === id)?.[1] ?? id;
  return (
    <InputGroup {...props}>
      {chosen.map((id) => (
        <div key={id} class="entry">
          <span class="grow">{nameOf(id)}</span>
          <button
            type="button"
            class="square"
            aria-label={t('edit.removeEntry', { name: nameOf(id) })}
            onClick={() => change(chosen.filter((one) => one !== id))}
          >
            <Icon name="close" />
          </button>
        </div>
      ))}
      <AddOption {...props} options={options.filter(([id]) => !chosen.includes(id))} add={(id) => change([...chosen, id])} />
    </InputGroup>
  );
}

function FlagInput(props: InputProps) {
  const { field, at, value, change } = props;
  return (
    <div class="field">
      <label class="choice">
        <input
          type="checkbox"
          id={fieldId(at)}
          checked={value === true}
          {...describedBy(props)}
          onChange={(event) => change(event.currentTarget.checked || (value === undefined || value === null ? null : false))}
        />
        <span>{titleOfField(field)}</span>
      </label>
      <FieldHelp field={field} at={at} />
      <FieldError {...props} />
    </div>
  );
}

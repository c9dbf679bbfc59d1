// One field of a form, asked for in its own way: with its name, what it means, and what is wrong with it.
import type { ComponentChildren } from 'preact';
import { language, t } from '../i18n';
import { fieldTitle, inLanguage, vocabularyOf, conceptLabel } from '../model';
import { cityName, model, plan, titleOf } from '../state';
import { account } from '../state/session';
import { number } from '../format';
import { Icon } from '../ui/Icon';
import { isNothing } from './featureChange';
import { faultKey, type FieldFault, type FaultReason } from './validation';
import type { FormField } from './form';
import { Rows, Texts } from './ListFields';
import { Names } from './NamesField';
import { movesFrom, nameOf } from './quickEdits';
import { citiesOpen } from './permissions';

export interface InputProps {
  field: FormField;
  /** Where it stands: its name, and before it the list and row it is in. */
  at: readonly (string | number)[];
  value: unknown;
  faults: readonly FieldFault[];
  change: (value: unknown) => void;
  /** The city of the thing, for choosing among its neighbours. */
  city?: string;
  /** The status that is on the server, which only some may follow; empty for a new thing. */
  status?: string;
}

export const fieldId = (at: readonly (string | number)[]) => `field-${at.join('-')}`;
export const titleOfField = ({ schema, name }: FormField) => fieldTitle(schema, name, language.value);

export function Input(props: InputProps) {
  const { field, at } = props;
  switch (field.kind) {
    case 'choices':
      return <Choices {...props} />;
    case 'rows':
      return <Rows {...props} />;
    case 'texts':
      return <Texts {...props} />;
    case 'names':
      return <Names {...props} />;
    case 'references':
      return <References {...props} />;
    case 'flag':
      return <Flag {...props} />;
    default:
      return (
        <div class={`field ${faultAt(props) ? 'wrong' : ''}`}>
          <label for={fieldId(at)}>
            {titleOfField(field)}
            <Required field={field} />
          </label>
          <Help field={field} at={at} />
          <Said {...props} />
          <Control {...props} />
        </div>
      );
  }
}

function Control(props: InputProps) {
  const { field, at, value, change } = props;
  const common = { id: fieldId(at), class: 'input', 'aria-required': field.required, ...described(props) };
  const text = isNothing(value) ? '' : String(value);
  if (isChosen(field)) return <Choice {...props} />;
  if (field.kind === 'long') return <textarea {...common} rows={3} value={text} onInput={(event) => change(event.currentTarget.value)} />;
  if (field.kind === 'date') return <input {...common} type="date" value={text} onInput={(event) => change(event.currentTarget.value)} />;
  if (field.kind === 'number') return <NumberInput {...props} />;
  return <input {...common} value={text} onInput={(event) => change(event.currentTarget.value)} />;
}

/** A number as people write it: with a comma or a point, with spaces between thousands. What is no number stays as it was typed. */
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
      {...described(props)}
      value={isNothing(value) ? '' : String(value)}
      onChange={(event) => change(numberOf(event.currentTarget.value))}
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

/** "1 250,5" and "1250.5" are numbers; anything else is left for the check to name. */
export function numberOf(text: string): number | string | null {
  const plain = text.replace(/[\s\u00a0\u202f€]/g, '').replace(',', '.');
  if (!plain) return null;
  return /^-?\d+(\.\d+)?$/.test(plain) ? Number(plain) : text;
}

function Choice(props: InputProps) {
  const { field, at, value, change } = props;
  const options = optionsOf(props);
  const text = isNothing(value) ? '' : String(value);
  const known = !text || options.some(([id]) => id === text);
  return (
    <span class="select full">
      <select
        id={fieldId(at)}
        aria-required={field.required}
        {...described(props)}
        value={text}
        onChange={(event) => change(event.currentTarget.value || null)}
      >
        {(!field.required || !text) && <option value="">{t('edit.choose')}</option>}
        {!known && <option value={text}>{nameOf(text)}</option>}
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
    const open = citiesOpen(account.value, [...(plan.value?.cities.keys() ?? [])]);
    return open.map((id) => [id, cityName(plan.value?.cities.get(id))]);
  }
  if (field.kind === 'reference' || field.kind === 'references') return CHOSEN_FROM[field.schema['x-ogc-collectionId'] ?? 'interventions']?.(city) ?? [];
  const ids = field.schema.enum ?? field.schema.items?.enum ?? [];
  const open = field.name === 'status' && status ? ids.filter((id) => id === status || id === value || movesFrom(status).includes(id)) : ids;
  const vocabulary = model.value ? vocabularyOf(model.value, field.schema.items ?? field.schema) : undefined;
  return open.map((id) => [id, conceptLabel(vocabulary, id, language.value)]);
}

/** What the page holds, to choose from; ids of other collections are typed. */
const CHOSEN_FROM: Record<string, (city: string | undefined) => [string, string][]> = {
  interventions: neighbours,
  partners: () => (plan.value?.partners ?? []).map(({ id, name }) => [id, name]),
  indicators: () => [...(plan.value?.indicators ?? [])].map(([id, names]) => [id, inLanguage(names, language.value) ?? id]),
  areas: (city) => (plan.value?.areas ?? []).filter((one) => !city || one.city === city).map(({ id, name }) => [id, name]),
};
const isChosen = ({ kind, schema }: FormField) => {
  const from = schema['x-ogc-collectionId'] ?? 'interventions';
  return kind === 'choice' || (kind === 'reference' && (from === 'cities' || from in CHOSEN_FROM));
};

/** Interventions of the same city, which is where dependencies lie. */
function neighbours(city: string | undefined): [string, string][] {
  const collator = new Intl.Collator(language.value);
  const own = (plan.value?.interventions ?? []).filter((one) => !city || one.city === city);
  return own.map((one): [string, string] => [one.id, titleOf(one).text]).sort((a, b) => collator.compare(a[1], b[1]));
}

function Choices(props: InputProps) {
  const { field, at, value, change } = props;
  const chosen = Array.isArray(value) ? value.map(String) : [];
  const code = field.schema.items?.enum?.every((id) => /^[A-Z]+\d$/.test(id));
  return (
    <Group {...props}>
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
    </Group>
  );
}

function References(props: InputProps) {
  const { value, change } = props;
  const chosen = Array.isArray(value) ? value.map(String) : [];
  const options = optionsOf(props);
  const nameOf = (id: string) => options.find(([one]) => one === id)?.[1] ?? id;
  return (
    <Group {...props}>
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
      <AddOne {...props} options={options.filter(([id]) => !chosen.includes(id))} add={(id) => change([...chosen, id])} />
    </Group>
  );
}

function Flag(props: InputProps) {
  const { field, at, value, change } = props;
  return (
    <div class="field">
      <label class="choice">
        <input
          type="checkbox"
          id={fieldId(at)}
          checked={value === true}
          {...described(props)}
          onChange={(event) => change(event.currentTarget.checked || (value === undefined || value === null ? null : false))}
        />
        <span>{titleOfField(field)}</span>
      </label>
      <Help field={field} at={at} />
      <Said {...props} />
    </div>
  );
}

/** A choice of what is not in a list yet. */
export function AddOne({ field, at, options, add }: InputProps & { options: [id: string, name: string][]; add: (id: string) => void }) {
  return (
    <span class="select full">
      <select id={fieldId(at)} aria-label={titleOfField(field)} value="" onChange={(event) => add(event.currentTarget.value)}>
        <option value="">{t('edit.add')}</option>
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

/** Several controls under one name. */
export function Group({ children, ...props }: InputProps & { children: ComponentChildren }) {
  const { field, at } = props;
  return (
    <fieldset class={`field ${faultAt(props) ? 'wrong' : ''}`} {...described(props)}>
      <legend>
        {titleOfField(field)}
        <Required field={field} />
      </legend>
      <Help field={field} at={at} />
      <Said {...props} />
      {children}
    </fieldset>
  );
}

function Required({ field }: { field: FormField }) {
  return field.required ? <span class="required">{t('edit.required')}</span> : null;
}

const helpOf = ({ schema }: FormField) => inLanguage(schema['x-cityheart-description'], language.value) ?? schema.description;

function Help({ field, at }: { field: FormField; at: InputProps['at'] }) {
  const own = field.schema['x-cityheart-description']?.[language.value];
  const text = helpOf(field);
  return text ? (
    <p class="help" id={`${fieldId(at)}-help`} lang={own || language.value === 'en' ? undefined : 'en'}>
      {text}
    </p>
  ) : null;
}

const faultAt = ({ faults, at }: Pick<InputProps, 'faults' | 'at'>) => faults.find((fault) => faultKey(fault.at) === faultKey(at));

function Said(props: InputProps) {
  const fault = faultAt(props);
  return fault ? (
    <p class="fault" id={`${fieldId(props.at)}-fault`}>
      <FaultText fault={fault} />
    </p>
  ) : null;
}

/** What is wrong, in the person's language; a sentence of the server is in English and says so to those who listen. */
export function FaultText({ fault }: { fault: FieldFault }) {
  if (fault.reason === 'said') return <span lang="en">{fault.value}</span>;
  return <>{faultText(fault)}</>;
}

function faultText({ reason, value = '' }: FieldFault): string {
  const bound = typeof value === 'number' ? number(value) : value;
  const texts: Record<Exclude<FaultReason, 'said'>, () => string> = {
    required: () => t('fault.required'),
    long: () => t('fault.long', { bound }),
    pattern: () => t('fault.pattern'),
    number: () => t('fault.number'),
    whole: () => t('fault.whole'),
    cents: () => t('fault.cents'),
    low: () => t('fault.low', { bound }),
    high: () => t('fault.high', { bound }),
    date: () => t('fault.date'),
    order: () => t('fault.order'),
    uri: () => t('fault.uri'),
    choice: () => t('fault.choice'),
    many: () => t('fault.many', { bound }),
  };
  return reason === 'said' ? String(value) : texts[reason]();
}

export function described({ field, at, faults }: InputProps) {
  const wrong = faultAt({ faults, at });
  const ids = [helpOf(field) && `${fieldId(at)}-help`, wrong && `${fieldId(at)}-fault`].filter(Boolean).join(' ');
  return { 'aria-describedby': ids || undefined, 'aria-invalid': wrong ? ('true' as const) : undefined };
}

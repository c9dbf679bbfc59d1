// What all form fields share: name, help, fault, and the frame around several controls.
import type { ComponentChildren, ComponentType } from 'preact';
import { formatNumber } from '../format';
import { language, t } from '../i18n';
import { fieldTitle, inLanguage } from '../model';
import { Icon } from '../ui/Icon';
import type { FormField } from './form';
import { faultKey, type FaultReason, type FieldFault } from './validation';

export interface InputProps {
  field: FormField;
  /** The field's path: within a list also the list and the row. */
  at: readonly (string | number)[];
  value: unknown;
  faults: readonly FieldFault[];
  change: (value: unknown) => void;
  /** The item's city, which narrows references. */
  city?: string;
  /** The item's status on the server, which limits the next one; empty for a new item. */
  status?: string;
}

/** Props of a field with entries; `Entry` renders one of them. */
export type EntryProps = InputProps & { Entry: ComponentType<InputProps> };

export const fieldId = (at: readonly (string | number)[]) => `field-${at.join('-')}`;
export const titleOfField = ({ schema, name }: FormField) => fieldTitle(schema, name, language.value);

/** Adds one of the options that the list does not have yet. */
export function AddOption({ field, at, options, add }: InputProps & { options: [id: string, name: string][]; add: (id: string) => void }) {
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

/** Groups several controls under one name. */
export function InputGroup({ children, ...props }: InputProps & { children: ComponentChildren }) {
  const { field, at } = props;
  return (
    <fieldset class={`field ${faultAt(props) ? 'wrong' : ''}`} {...describedBy(props)}>
      <legend>
        {titleOfField(field)}
        <RequiredMark field={field} />
      </legend>
      <FieldHelp field={field} at={at} />
      <FieldError {...props} />
      {children}
    </fieldset>
  );
}

export function RequiredMark({ field }: { field: FormField }) {
  return field.required ? <span class="required">{t('edit.required')}</span> : null;
}

const helpOf = ({ schema }: FormField) => inLanguage(schema['x-cityheart-description'], language.value) ?? schema.description;

export function FieldHelp({ field, at }: { field: FormField; at: InputProps['at'] }) {
  const own = field.schema['x-cityheart-description']?.[language.value];
  const text = helpOf(field);
  return text ? (
    <p class="help" id={`${fieldId(at)}-help`} lang={own || language.value === 'en' ? undefined : 'en'}>
      {text}
    </p>
  ) : null;
}

export const faultAt = ({ faults, at }: Pick<InputProps, 'faults' | 'at'>) => faults.find((fault) => faultKey(fault.at) === faultKey(at));

export function FieldError(props: InputProps) {
  const fault = faultAt(props);
  return fault ? (
    <p class="fault" id={`${fieldId(props.at)}-fault`}>
      <FaultText fault={fault} />
    </p>
  ) : null;
}

/**
 * Describes a fault in the person's language. The server's sentences are English and marked as such for screen readers.
 */
export function FaultText({ fault }: { fault: FieldFault }) {
  if (fault.reason === 'said') return <span lang="en">{fault.value}</span>;
  return <>{faultText(fault)}</>;
}

function faultText({ reason, value = '' }: FieldFault): string {
  const bound = typeof value === 'number' ? formatNumber(value) : value;
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

export function describedBy({ field, at, faults }: InputProps) {
  const wrong = faultAt({ faults, at });
  const ids = [helpOf(field) && `${fieldId(at)}-help`, wrong && `${fieldId(at)}-fault`].filter(Boolean).join(' ');
  return { 'aria-describedby': ids || undefined, 'aria-invalid': wrong ? ('true' as const) : undefined };
}

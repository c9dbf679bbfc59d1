// Validates a form against the schema before anything is sent, so that faults are said in the person's language. What
// only the server can check comes back as the server's own sentence.
import { eachLanguage, type FieldSchema } from '../model';
import { isBlank, type FeatureContent } from './featureChange';
import { formOf, type FormField } from './form';

export type FaultReason =
  | 'required'
  | 'long'
  | 'pattern'
  | 'number'
  | 'whole'
  | 'cents'
  | 'low'
  | 'high'
  | 'date'
  | 'order'
  | 'uri'
  | 'choice'
  | 'many'
  | 'said';

export interface FieldFault {
  /** The field; within a list also the row and its part. */
  at: string[];
  reason: FaultReason;
  /** The bound that the value exceeds, or for `said` the server's sentence. */
  value?: string | number;
}

export const faultKey = (at: readonly (string | number)[]) => at.join('.');

export function validateContent(schema: FieldSchema, content: FeatureContent): FieldFault[] {
  const faults = formOf(schema).flatMap((field) => validateField(field, content.properties[field.name], [field.name]));
  if (schema.required?.includes('geometry') && !content.geometry) faults.push({ at: ['geometry'], reason: 'required' });
  const { start, end } = content.properties;
  if (isDate(start) && isDate(end) && start > end) faults.push({ at: ['end'], reason: 'order' });
  return faults;
}

function validateField({ kind, schema, required, parts }: FormField, value: unknown, at: string[]): FieldFault[] {
  if (isBlank(value)) return required ? [{ at, reason: 'required' }] : [];
  const fault = (reason: FaultReason, bound?: string | number): FieldFault[] => [{ at, reason, ...(bound === undefined ? {} : { value: bound }) }];
  if (Array.isArray(value)) {
    if (value.length > (schema.maxItems ?? Infinity)) return fault('many', schema.maxItems);
    const item = { name: '', kind: 'text' as const, schema: schema.items ?? {}, required: true, parts: [] };
    return value.flatMap((one, i) =>
      kind === 'rows'
        ? parts.flatMap((part) => validateField(part, (one as Record<string, unknown>)[part.name], [...at, String(i), part.name]))
        : validateField(item, one, [...at, String(i)]),
    );
  }
  if (kind === 'names') {
    const each = { name: '', kind: 'text' as const, schema: eachLanguage(schema) ?? {}, required: true, parts: [] };
    return Object.entries(value as Record<string, unknown>).flatMap(([code, text]) => validateField(each, text, [...at, code]));
  }
  if (schema.type === 'number' || schema.type === 'integer') return validateNumber(schema, value, fault);
  if (typeof value !== 'string') return [];
  if (value.length > (schema.maxLength ?? Infinity)) return fault('long', schema.maxLength);
  if (schema.enum && !schema.enum.includes(value)) return fault('choice');
  if (schema.format === 'date' && !isDate(value)) return fault('date');
  if (schema.format === 'uri' && !URL.canParse(value)) return fault('uri');
  if (schema.pattern && !new RegExp(schema.pattern, 'u').test(value)) return fault('pattern');
  return [];
}

function validateNumber(schema: FieldSchema, value: unknown, fault: (reason: FaultReason, bound?: number) => FieldFault[]): FieldFault[] {
  if (typeof value !== 'number' || !Number.isFinite(value)) return fault('number');
  if (schema.type === 'integer' && !Number.isInteger(value)) return fault('whole');
  if (schema.format === 'decimal' && !/^-?\d+(\.\d{1,2})?$/.test(String(value))) return fault('cents');
  if (value < (schema.minimum ?? -Infinity)) return fault('low', schema.minimum);
  if (value > (schema.maximum ?? Infinity)) return fault('high', schema.maximum);
  return [];
}

function isDate(value: unknown): value is string {
  return typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) && new Date(`${value}T00:00:00Z`).toJSON()?.startsWith(value) === true;
}

/** What JavaScript's numbers keep of a decimal number. */
const MAX_DIGITS = 15;

/** Reads "1 250,5" and "1250.5". Other text, and numbers with too many digits, stay text for validation to report. */
export function parseNumber(text: string): number | string | null {
  const plain = text.replace(/[\s\u00a0\u202f€]/g, '').replace(',', '.');
  if (!plain) return null;
  const digits = plain.replace(/[-.]/g, '').replace(/^0+/, '').length;
  const isKept = digits <= MAX_DIGITS || Number.isSafeInteger(Number(plain));
  return /^-?\d+(\.\d+)?$/.test(plain) && isKept ? Number(plain) : text;
}

/** An entry of `errors` in problem details (RFC 9457). */
export interface ProblemError {
  pointer?: string;
  parameter?: string;
  detail?: string;
}

/** Maps the server's errors to fields; an error without a field applies to the whole form. */
export function serverFaults(errors: readonly ProblemError[], whole: string): FieldFault[] {
  const faults = errors.map(({ pointer = '', detail = '' }): FieldFault => ({ at: fieldOfPointer(pointer), reason: 'said', value: detail }));
  return faults.length ? faults : [{ at: [], reason: 'said', value: whole }];
}

/** `/edits/0/patch/properties/funding/1/amount` refers to the amount in the second row of funding. */
function fieldOfPointer(pointer: string): string[] {
  const parts = pointer.split('/').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const properties = parts.indexOf('properties');
  if (properties >= 0) return parts.slice(properties + 1);
  return parts.includes('geometry') ? ['geometry'] : [];
}

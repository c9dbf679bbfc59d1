// Builds a form from a collection's schema: which fields, in which order, with which kind of input.
import { eachLanguage, fieldsOf, type FieldSchema } from '../model';

export type FieldKind = 'text' | 'long' | 'choice' | 'choices' | 'date' | 'number' | 'flag' | 'reference' | 'references' | 'texts' | 'names' | 'rows';

export interface FormField {
  name: string;
  kind: FieldKind;
  schema: FieldSchema;
  required: boolean;
  /** Fields of one row. */
  parts: FormField[];
}

const HIDDEN_ROLES = new Set(['id', 'primary-geometry']);

/** Texts that may be longer than this get a text area. */
const LINE_LENGTH = 300;

/** Every field that a person fills in here: not the id, not the geometry, not what the service writes. */
export function formOf(schema: FieldSchema): FormField[] {
  const required = new Set(schema.required);
  return fieldsOf(schema)
    .filter(([, field]) => !field.readOnly && (field.type !== 'object' || eachLanguage(field)) && !HIDDEN_ROLES.has(field['x-ogc-role'] ?? ''))
    .map(([name, field]) => ({
      name,
      kind: fieldKind(field),
      schema: field,
      required: required.has(name),
      parts: field.items?.properties ? formOf(field.items) : [],
    }));
}

function fieldKind(field: FieldSchema): FieldKind {
  const reference = field['x-ogc-role'] === 'reference';
  switch (field.type) {
    case 'array':
      if (field.items?.properties) return 'rows';
      if (field.items?.['x-ogc-role'] === 'reference') return 'references';
      return field.items?.enum ? 'choices' : 'texts';
    case 'object':
      return 'names';
    case 'boolean':
      return 'flag';
    case 'number':
    case 'integer':
      return 'number';
    default:
      if (field.enum) return 'choice';
      if (reference) return 'reference';
      if (field.format === 'date') return 'date';
      return (field.maxLength ?? Infinity) > LINE_LENGTH ? 'long' : 'text';
  }
}

/** Sections of a long form; a field that no section names goes to the last. */
export const SECTIONS = {
  what: ['title', 'title_en', 'language', 'city', 'status', 'kind', 'visibility', 'summary', 'summary_en'],
  where: ['place', 'location_precision', 'schematic', 'outside_centre'],
  when: ['start', 'end', 'date_precision', 'date_note', 'recurrence'],
  money: ['cost', 'cost_scope', 'cost_note', 'eu_share', 'funding'],
  aims: ['types', 'functions', 'pillars', 'objectives', 'indicators'],
  work: ['lead', 'partners', 'steps', 'risks', 'tested_by', 'depends_on'],
  record: [] as string[],
} as const;

export type FormSection = keyof typeof SECTIONS;

/** A short form has all fields in one section, and the geometry after them. */
export function sectionOf(name: string, short = false): FormSection {
  if (short) return name === 'geometry' ? 'where' : 'what';
  const found = (Object.keys(SECTIONS) as FormSection[]).find((section) => (SECTIONS[section] as readonly string[]).includes(name));
  return found ?? (name === 'geometry' ? 'where' : 'record');
}

/** Fields by section, in the section's order; empty sections are left out. */
export function sectionsOf(fields: FormField[], short = false): [FormSection, FormField[]][] {
  if (short) return [['what', fields]];
  return (Object.keys(SECTIONS) as FormSection[]).flatMap((section): [FormSection, FormField[]][] => {
    const order = SECTIONS[section] as readonly string[];
    const own = fields.filter(({ name }) => sectionOf(name) === section).sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
    return own.length ? [[section, own]] : [];
  });
}

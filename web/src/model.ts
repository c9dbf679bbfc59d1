// The plan's model as the server describes it: field names from schemas, labels of codes from vocabularies, each in the
// person's language. The program itself contains none of the plan's terms.

export type LocalizedText = Record<string, string>;

export interface FieldSchema {
  type?: string;
  format?: string;
  title?: string;
  description?: string;
  items?: FieldSchema;
  properties?: Record<string, FieldSchema>;
  additionalProperties?: FieldSchema | boolean;
  required?: string[];
  enum?: string[];
  readOnly?: boolean;
  maxLength?: number;
  maxItems?: number;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  'x-cityheart-title'?: LocalizedText;
  'x-cityheart-description'?: LocalizedText;
  'x-ogc-codelistUri'?: string;
  'x-ogc-propertySeq'?: number;
  'x-ogc-role'?: string;
  'x-ogc-collectionId'?: string;
}

export interface VocabularyConcept {
  id: string;
  labels: LocalizedText;
  /** Its definition. */
  note?: LocalizedText;
  /** Of a status: the statuses that may follow it. */
  moves?: string[];
}

export interface CodeVocabulary {
  id: string;
  title?: LocalizedText;
  concepts: VocabularyConcept[];
}

export interface PlanModel {
  /** Schema of interventions. */
  schema: FieldSchema;
  vocabularies: Record<string, CodeVocabulary>;
}

/** The schema of one entry, for a field with a text per language; undefined for any other field. */
export function eachLanguage(field: FieldSchema | undefined): FieldSchema | undefined {
  const each = field?.type === 'object' ? field.additionalProperties : undefined;
  return typeof each === 'object' && each.type === 'string' ? each : undefined;
}

/** The text in a language, else in English, else in any language. */
export function inLanguage(texts: LocalizedText | undefined, language: string): string | undefined {
  return texts?.[language] ?? texts?.en ?? Object.values(texts ?? {})[0];
}

export function fieldTitle(field: FieldSchema | undefined, name: string, language: string): string {
  return inLanguage(field?.['x-cityheart-title'], language) ?? field?.title ?? name;
}

/** The schema's fields in its order. */
export function fieldsOf(schema: FieldSchema): [string, FieldSchema][] {
  const order = (field: FieldSchema) => field['x-ogc-propertySeq'] ?? Infinity;
  return Object.entries(schema.properties ?? {}).sort(([, a], [, b]) => order(a) - order(b));
}

/** The vocabulary of a coded field; its address may be absolute or relative. */
export function vocabularyOf(model: PlanModel, field: FieldSchema | undefined): CodeVocabulary | undefined {
  const address = field?.['x-ogc-codelistUri'];
  return address ? model.vocabularies[address.replace(/[?#].*$/, '').replace(/^.*\//, '')] : undefined;
}

export function conceptLabel(vocabulary: CodeVocabulary | undefined, id: string, language: string): string {
  const concept = vocabulary?.concepts.find((one) => one.id === id);
  return inLanguage(concept?.labels, language) ?? id;
}

// What the service says of an import, in the person's language: by ids and parameters, else its own sentence, which is
// English. `language` of a text is set where that is not the page's.
import { formatDate, formatExactEuros, formatNumber, languageName, languagesOfEurope, type DatePrecision } from '../format';
import { language, t, type MessageKey } from '../i18n';
import { eachLanguage, fieldTitle, type FieldSchema } from '../model';
import { toCents } from '../money';
import { cityName, plan, titleOf } from '../state';
import { valueLabel } from '../ui/labels';
import { schemaOf } from '../edit/schemas';
import type {
  FieldChange,
  FindingRemedy,
  ImportChoice,
  ImportDocument,
  ImportNote,
  ImportQuestion,
  MessageParameters,
  RowFinding,
  TargetField,
} from './importDocument';

export interface SpokenText {
  text: string;
  /** The text's language, where it is not the page's. */
  lang?: string;
}

const spoken = (text: string): SpokenText => ({ text });
const english = (text: string): SpokenText => (language.value === 'en' ? { text } : { text, lang: 'en' });

/** A list in the person's language: "A, B and C". */
export const listText = (items: readonly string[]): string => new Intl.ListFormat(language.value).format(items);

/** Texts and numbers among the parameters, as messages take them; null where one of `names` is missing. */
function valuesOf(parameters: MessageParameters | undefined, ...names: string[]): Record<string, string | number> | null {
  const entries = names.map((name) => [name, parameters?.[name]] as const);
  const simple = entries.every(([, value]) => typeof value === 'string' || typeof value === 'number');
  return simple ? (Object.fromEntries(entries) as Record<string, string | number>) : null;
}

const textsOf = (value: unknown): string[] => (Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []);
const quoted = (text: string) => t('bring.quoted', { text });

// Fields

const PLACE_FIELDS: Record<string, MessageKey> = {
  lon: 'part.lon',
  lat: 'part.lat',
  x: 'part.x',
  easting: 'part.x',
  y: 'part.y',
  northing: 'part.y',
  wkt: 'part.wkt',
  geometry: 'part.wkt',
  period: 'part.period',
};

/** The title of what a column can be: a field of the collection, or a part of a place. */
export function targetName(name: string, into: string, fields: readonly TargetField[] = []): string {
  const schema = schemaOf(into)?.properties?.[name];
  if (schema && name !== 'geometry') return fieldTitle(schema, name, language.value);
  const part = PLACE_FIELDS[name];
  return part ? t(part) : (fields.find((field) => field.name === name)?.title ?? name);
}

const NUMERIC_PLACES = ['lon', 'lat', 'x', 'y', 'easting', 'northing'];

export const isNumeric = (name: string | null, fields: readonly TargetField[]): boolean =>
  name !== null && (NUMERIC_PLACES.includes(name) || ['number', 'integer', 'decimal'].includes(fields.find((field) => field.name === name)?.kind ?? ''));

// Questions

/** The kind of a question: `missing` of `missing:city`. */
const kindOf = (id: string): string => id.split(':', 1)[0]!;

/** The field that no column has, of a question for its value. */
export function missingField({ id, parameters }: ImportQuestion): string | undefined {
  return kindOf(id) === 'missing' ? (textsOf(parameters?.fields)[0] ?? id.split(':')[1]) : undefined;
}

export function questionText({ id, parameters, sentence }: ImportQuestion, into: string): SpokenText {
  switch (kindOf(id)) {
    case 'decimal': {
      const values = valuesOf(parameters, 'example', 'heading');
      return values ? spoken(t('question.decimal', values)) : english(sentence);
    }
    case 'day-order': {
      const values = valuesOf(parameters, 'example', 'heading');
      return values ? spoken(t('question.dayOrder', values)) : english(sentence);
    }
    case 'language': {
      const values = valuesOf(parameters, 'example');
      return values ? spoken(t('question.language', values)) : english(sentence);
    }
    case 'crs': {
      const columns = textsOf(parameters?.columns);
      return columns.length ? spoken(t('question.crs', { columns: listText(columns.map(quoted)) })) : english(sentence);
    }
    case 'axes': {
      const [x, y] = textsOf(parameters?.columns);
      return x && y ? spoken(t('question.axes', { x, y })) : english(sentence);
    }
    case 'place_names': {
      const values = valuesOf(parameters, 'text');
      return values ? spoken(t('question.placeNames', values)) : english(sentence);
    }
    case 'columns': {
      const pairs = Array.isArray(parameters?.columns) ? (parameters.columns as { heading?: string; field?: string }[]) : [];
      const texts = pairs.map(({ heading = '', field = '' }) => t('question.pair', { heading, field: targetName(field, into) }));
      return texts.length ? spoken(t('question.columns', { pairs: listText(texts) })) : english(sentence);
    }
    case 'unmatched': {
      const headings = textsOf(parameters?.headings);
      return headings.length ? spoken(t('question.unmatched', { headings: listText(headings.map(quoted)) })) : english(sentence);
    }
    case 'missing': {
      const fields = textsOf(parameters?.fields);
      return fields.length ? spoken(t('question.missing', { fields: listText(fields.map((name) => targetName(name, into))) })) : english(sentence);
    }
    case 'encoding':
      return spoken(t('question.encoding'));
    case 'sheet':
      return spoken(t('question.sheet'));
    case 'layer':
      return spoken(t('question.layer'));
    default:
      return english(sentence);
  }
}

/** Why the service guesses so; empty where it says no reason. */
export function reasonText({ id, parameters }: ImportQuestion): string {
  const values = id === 'crs' ? valuesOf(parameters, 'places', 'inside') : null;
  return values ? t('question.crsReason', values) : '';
}

/** A number as the service writes it, in the person's language. */
const spokenNumber = (value: string | number) => (Number.isFinite(Number(value)) ? formatNumber(Number(value)) : String(value));

export function choiceText({ id, parameters, label }: ImportChoice, question: ImportQuestion, into: string): SpokenText {
  const field = missingField(question);
  if (field) return spoken(codeText(field, id, into) ?? label);
  const { example } = valuesOf(question.parameters, 'example') ?? {};
  const { value } = valuesOf(parameters, 'value') ?? {};
  switch (id) {
    case 'comma':
    case 'point':
      return example === undefined || value === undefined
        ? english(label)
        : spoken(t(id === 'comma' ? 'choice.comma' : 'choice.point', { example, value: spokenNumber(value) }));
    case 'day-first':
    case 'month-first':
      return value === undefined
        ? spoken(t(id === 'day-first' ? 'choice.day' : 'choice.month'))
        : spoken(t(id === 'day-first' ? 'choice.dayIs' : 'choice.monthIs', { date: formatDate(String(value), 'day') }));
    case 'yes':
      return spoken(t('choice.yes'));
    case 'no':
      return spoken(t('choice.withoutPlaces'));
    case 'none':
      return spoken(t('choice.asNumbers'));
    case 'leave-out':
      return spoken(t('choice.leaveOut'));
    default:
      return otherChoice(id, label, question.id, value);
  }
}

function otherChoice(id: string, label: string, question: string, value: string | number | undefined): SpokenText {
  if (question === 'language' && languagesOfEurope.includes(id)) return spoken(languageName(id));
  if (question === 'encoding' && value !== undefined) return spoken(`${quoted(String(value))} (${id})`);
  if (question === 'crs') return spoken(label.includes(id) ? label : `${label} (${id})`);
  return question === 'sheet' || question === 'layer' ? spoken(label || id) : english(label || id);
}

/** The name of a city or the label of a code; undefined where the field has neither. */
function codeText(field: string, id: string, into: string): string | undefined {
  const schema = schemaOf(into)?.properties?.[field];
  if (schema?.['x-ogc-collectionId'] === 'cities') return cityName(plan.value?.cities.get(id)) || undefined;
  return schema?.enum?.includes(id) ? valueLabel(schema, id) : undefined;
}

// Notes and findings

export function noteText({ id, parameters, sentence }: ImportNote): SpokenText {
  const counted = (key: MessageKey, name: string) => {
    const count = Number(parameters?.[name]);
    return Number.isFinite(count) ? spoken(t(key, { count })) : english(sentence);
  };
  const listed = (key: MessageKey, name: string) => {
    const values = valuesOf(parameters, name);
    return values ? spoken(t(key, values)) : english(sentence);
  };
  switch (id) {
    case 'hidden-rows':
      return counted('note.hiddenRows', 'rows');
    case 'hidden-columns':
      return listed('note.hiddenColumns', 'columns');
    case 'other-sheets':
      return listed('note.otherSheets', 'sheets');
    case 'left-out-rows':
      return counted('note.leftOut', 'rows');
    case 'filled-cells':
      return counted('note.filled', 'cells');
    case 'formula-errors':
      return counted('note.errors', 'cells');
    default:
      return english(sentence);
  }
}

/** Where a finding is: "Sheet Akcije, cell F14". */
export function findingPlace({ sheet, cell }: RowFinding, row: number): string {
  const isCell = cell && /\D/.test(cell);
  if (sheet) return isCell ? t('finding.sheetCell', { sheet, cell }) : t('finding.sheetRow', { sheet, row });
  return isCell ? t('finding.cell', { cell }) : t('finding.row', { row });
}

/** What is wrong: in other languages than English the cell and its field are said first, then the service's reason. */
export function findingTexts({ text, sentence }: RowFinding, field: string): SpokenText[] {
  const own = language.value !== 'en' && text && field ? [spoken(t('finding.misfit', { text, field }))] : [];
  return [...own, english(sentence)];
}

const REMEDIES: Record<string, MessageKey> = {
  unknown: 'remedy.unknown',
  'no-place': 'remedy.noPlace',
  'leave-out': 'remedy.leaveOut',
  'pick-place': 'remedy.pick',
};

export function remedyText({ id = '', parameters, label }: FindingRemedy): SpokenText {
  const values = id === 'take' ? valuesOf(parameters, 'value') : null;
  if (values) return spoken(t('remedy.take', { value: spokenNumber(values.value!) }));
  const key = REMEDIES[id];
  return key ? spoken(t(key)) : english(label);
}

// Outcome

/** "14 changed, 3 new, 2 rows need a look". */
export function outcomeText({ outcome, questions }: ImportDocument): string {
  const asked = t('bring.questions', { count: questions.length });
  if (!outcome) return asked;
  const { changed, new: created, refused } = outcome;
  const parts = [t('outcome.changed', { count: changed }), t('outcome.new', { count: created }), ...(refused ? [t('outcome.look', { count: refused })] : [])];
  return [parts.join(', '), ...(questions.length ? [asked] : [])].join(' · ');
}

const isBlank = (value: unknown) => value === null || value === undefined || value === '' || (Array.isArray(value) && !value.length);

const blankText = (name: string, schema: FieldSchema | undefined) =>
  schema?.format === 'decimal' && name === 'cost' ? t('cost.none') : schema?.format === 'date' ? t('date.none') : t('outcome.empty');

const PRECISIONS = ['day', 'month', 'season', 'year'] as const;

/** How finely the dates of a feature are known: as the file says it, else as the plan does. */
export function precisionOf(feature: string, fields: readonly FieldChange[], side: 'from' | 'to'): DatePrecision {
  const change = fields.find(({ field }) => field === 'date_precision');
  const said = change ? change[side] : plan.value?.byId.get(feature)?.date_precision;
  return PRECISIONS.find((one) => one === said) ?? (said === undefined || said === null ? 'day' : 'year');
}

/** A value in words; what is empty is said. */
export function valueText(name: string, value: unknown, into: string, precision: DatePrecision): string {
  const schema = schemaOf(into)?.properties?.[name];
  return isBlank(value) ? blankText(name, schema) : filledText(schema, value, precision);
}

function filledText(schema: FieldSchema | undefined, value: unknown, precision: DatePrecision): string {
  if (Array.isArray(value)) return listText(value.map((one) => filledText(schema?.items, one, precision)));
  if (typeof value === 'boolean') return t(value ? 'value.yes' : 'value.no');
  if (schema?.format === 'date') return formatDate(String(value), precision);
  if (schema?.format === 'decimal') return formatExactEuros(toCents(value as number) ?? 0);
  if (typeof value === 'number') return formatNumber(value);
  if (eachLanguage(schema))
    return Object.values(value as object)
      .map(String)
      .join(' · ');
  if (typeof value === 'object')
    return Object.values(value as object)
      .map(String)
      .join(' · ');
  return referencedText(schema, String(value));
}

/** The name of a city or an intervention, or the label of a code. */
function referencedText(schema: FieldSchema | undefined, value: string): string {
  const collection = schema?.['x-ogc-collectionId'];
  if (collection === 'cities') return cityName(plan.value?.cities.get(value)) || value;
  const other = collection === 'interventions' ? plan.value?.byId.get(value) : undefined;
  return other ? titleOf(other).text : valueLabel(schema, value);
}

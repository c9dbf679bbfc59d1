// An import as the service describes it (`/api/imports`): what it understood of a file, what it asks, and what saving
// would do. Pure functions on it; it stores and sends nothing.
import type { FeatureCollection, Geometry, Position } from 'geojson';

export type MessageParameters = Readonly<Record<string, unknown>>;

/** Answers as the service keeps them: a recipe without its version. A member that is null is taken back. */
export type ImportAnswers = Readonly<Record<string, unknown>>;

export interface TargetField {
  name: string;
  title: string;
  kind: string;
}

export interface ImportColumn {
  /** Its letters: `F`. */
  column: string;
  /** The texts above it, the uppermost first. */
  headings: string[];
  /** Its name, by which answers call it. */
  heading: string;
  /** Null or empty when it is left out. */
  field: string | null;
  confidence: 'sure' | 'likely' | 'none' | null;
  cells: number;
  /** The id of the question that it raises. */
  question?: string | null;
}

export interface ImportNote {
  id: string;
  parameters?: MessageParameters;
  sentence: string;
}

export interface ImportSheet {
  name: string;
  hidden: boolean;
  table: boolean;
}

export interface ImportTable {
  sheet: string | null;
  sheets?: ImportSheet[];
  encoding?: string | null;
  encoding_example?: string | null;
  /** The first row with headings, and the last; the only one; none. */
  heading_rows: number[];
  merged_cells: number;
  data_rows: [number, number];
  features: number;
  columns: ImportColumn[];
  notes?: ImportNote[];
  crs?: { code: string; name: string; stated: boolean } | null;
}

export interface ImportChoice {
  id: string;
  parameters?: MessageParameters;
  label: string;
  answer: ImportAnswers;
}

export interface ImportQuestion {
  id: string;
  number: number;
  column: string | null;
  cells: number;
  parameters?: MessageParameters;
  sentence: string;
  choices: ImportChoice[];
  /** The position of the answer, or of the service's guess. */
  chosen: number | null;
}

export interface PreviewCell {
  text: string;
  mark: 'understood' | 'asked' | 'refused' | 'left_out';
  question?: number | null;
}

/** A way on from a refusal; `pick-place` has no answer: the person shows the place on the map. */
export interface FindingRemedy {
  id?: string;
  parameters?: MessageParameters;
  label: string;
  answer?: ImportAnswers | null;
}

export interface RowFinding {
  cell: string | null;
  sheet?: string | null;
  kind?: string;
  text?: string;
  sentence: string;
  remedies?: FindingRemedy[];
}

export interface PreviewRow {
  row: number;
  cells: PreviewCell[];
  finding: RowFinding | null;
  place: Position | null;
  feature: string | null;
  kind: 'new' | 'changed' | 'unchanged' | 'refused';
}

export interface FieldChange {
  field: string;
  from: unknown;
  to: unknown;
}

export interface ImportChange {
  kind: 'new' | 'changed';
  feature: string;
  title: string;
  code?: string | null;
  row: number;
  fields: FieldChange[];
  geometry_changed?: boolean;
  conflicts?: string[];
}

export interface ImportOutcome {
  changed: number;
  new: number;
  unchanged: number;
  removed: number;
  refused: number;
  conflicts: number;
  /** Features of the plan that the file does not name. */
  missing: number;
  /** Empty cells that leave the plan's value as it is. */
  kept_empty?: number;
  changes: ImportChange[];
  places: FeatureCollection<Geometry, { kind?: string } | null>;
}

export interface ImportDocument {
  id: string;
  state: 'asking' | 'ready' | 'committed';
  file: { name: string; bytes: number; format: string };
  into: string;
  fields: TargetField[];
  tables: ImportTable[];
  questions: ImportQuestion[];
  /** The value of each field that no column is, where it needs no question. */
  defaults: Readonly<Record<string, string>>;
  answers: ImportAnswers;
  preview?: { rows: PreviewRow[]; total: number } | null;
  marks?: { understood: number; asked: number; refused: number };
  outcome?: ImportOutcome | null;
  /** Of rows, and of the file as a whole: those have no row. */
  findings?: { row?: number | null; message: string }[];
}

/** What the service leaves out where there is nothing to say, as what it stands for. */
export function completeDocument(body: Partial<ImportDocument> & Pick<ImportDocument, 'id' | 'file'>): ImportDocument {
  const tables = (body.tables ?? []).map((table) => ({
    ...table,
    sheet: table.sheet ?? null,
    heading_rows: table.heading_rows ?? [],
    columns: (table.columns ?? []).map((column) => ({ ...column, headings: column.headings ?? [] })),
  }));
  const questions = (body.questions ?? []).map((one) => ({ ...one, choices: one.choices ?? [], chosen: one.chosen ?? null }));
  return { state: 'asking', into: 'interventions', fields: [], defaults: {}, answers: {}, ...body, tables, questions };
}

/** The most questions that are shown at a time. */
export const MAX_QUESTIONS = 3;

/**
 * The questions to show: those that the service asks, and those answered before, which it may no longer mention. An
 * answered one stays where it was, so that the answer can be changed.
 */
export function keepAnswered(before: readonly ImportQuestion[], now: readonly ImportQuestion[], answers: ImportAnswers): ImportQuestion[] {
  const asked = new Map(now.map((one) => [one.id, one]));
  const kept = before.flatMap((one) => {
    const again = asked.get(one.id);
    if (again) return [again];
    const chosen = one.choices.findIndex(({ answer }) => holdsAnswer(answers, answer));
    return isAnswered(one, answers) ? [{ ...one, chosen: chosen < 0 ? null : chosen }] : [];
  });
  const added = now.filter(({ id }) => !before.some((one) => one.id === id));
  return [...kept, ...added].map((one, i) => ({ ...one, number: i + 1 }));
}

/** The questions to show now: while some are open, at most three of them beside the answered ones. */
export function shownQuestions(questions: readonly ImportQuestion[], answers: ImportAnswers): ImportQuestion[] {
  let open = 0;
  return questions.filter((one) => isAnswered(one, answers) || open++ < MAX_QUESTIONS);
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether the answers contain a part, at any depth. */
export function holdsAnswer(answers: ImportAnswers, part: ImportAnswers): boolean {
  return Object.entries(part).every(([name, value]) => {
    const own = answers[name];
    return isObject(value) ? isObject(own) && holdsAnswer(own, value) : own === value;
  });
}

/** A question without choices asks for the value of fields that no column has. */
export function isAnswered({ choices, parameters }: ImportQuestion, answers: ImportAnswers): boolean {
  if (choices.length) return choices.some(({ answer }) => holdsAnswer(answers, answer));
  const fields = Array.isArray(parameters?.fields) ? parameters.fields.map(String) : [];
  return fields.length > 0 && fields.every((name) => isObject(answers.set) && Boolean(answers.set[name]));
}

/** Joins answers as the service does: objects are merged, other values replaced. */
export function joinAnswers(one: ImportAnswers, other: ImportAnswers): ImportAnswers {
  const joined: Record<string, unknown> = { ...one };
  for (const [name, value] of Object.entries(other)) {
    const own = joined[name];
    joined[name] = isObject(own) && isObject(value) ? joinAnswers(own, value) : value;
  }
  return joined;
}

/** The guesses that nobody answered yet, as answers: what saving confirms. */
export function guessedAnswers(questions: readonly ImportQuestion[], answers: ImportAnswers): ImportAnswers {
  const open = questions.filter((one) => !isAnswered(one, answers));
  return open.reduce<ImportAnswers>((all, { choices, chosen }) => (chosen === null ? all : joinAnswers(all, choices[chosen]?.answer ?? {})), {});
}

/** A question that only a person can answer: there is no guess. */
export const blockingQuestion = (questions: readonly ImportQuestion[], answers: ImportAnswers): ImportQuestion | undefined =>
  questions.find((one) => one.chosen === null && !isAnswered(one, answers));

/**
 * The answers that take a choice: it replaces what another choice of the question had said, member by member.
 */
export function answersOfChoice({ choices }: ImportQuestion, chosen: ImportChoice): ImportAnswers {
  const taken = choices.reduce<ImportAnswers>((all, { answer }) => joinAnswers(all, withNulls(answer)), {});
  return joinAnswers(taken, chosen.answer);
}

/** The same members, each of them null. */
export function withNulls(answers: ImportAnswers): ImportAnswers {
  return Object.fromEntries(Object.entries(answers).map(([name, value]) => [name, isObject(value) ? withNulls(value) : null]));
}

/** Rows to show at first: those that need a look, filled up with the others, in the order of the file. */
export function rowsToShow(rows: readonly PreviewRow[], most: number): PreviewRow[] {
  const chosen = new Set(rows.filter(({ finding }) => finding).slice(0, most));
  for (const row of rows) {
    if (chosen.size >= most) break;
    chosen.add(row);
  }
  return [...chosen].sort((a, b) => a.row - b.row);
}

/** The first changes. One of them is new, where there are new ones. */
export function firstChanges(changes: readonly ImportChange[], most: number): ImportChange[] {
  const first = changes.slice(0, most);
  const unseen = changes.slice(most).find(({ kind }) => kind === 'new');
  return unseen && first.every(({ kind }) => kind === 'changed') ? [...first.slice(0, -1), unseen] : first;
}

/** A cell of the headings; it spans the columns that share it. */
export interface HeadingCell {
  text: string;
  span: number;
}

/** The rows of headings. In all but the last one, neighbours with the same text under the same heading are one cell. */
export function headingCells(columns: readonly ImportColumn[]): HeadingCell[][] {
  const texts = columns.map(({ headings, heading }) => (headings.length ? headings : [heading]));
  const depth = Math.max(0, ...texts.map(({ length }) => length));
  return Array.from({ length: depth }, (_, level) => {
    const cells: HeadingCell[] = [];
    texts.forEach((headings, i) => {
      const text = headings[level] ?? '';
      const before = texts[i - 1];
      const shares = level < depth - 1 && before && text && headings.slice(0, level + 1).join('\n') === before.slice(0, level + 1).join('\n');
      if (shares) cells.at(-1)!.span += 1;
      else cells.push({ text, span: 1 });
    });
    return cells;
  });
}

/** "3", "3–4". */
export const rangeText = ([first, last = first]: readonly number[]): string => (first === last ? `${first}` : `${first}–${last}`);

/** The name by which answers call a cell: `Akcije!F14`, `F14` in a file without sheets. */
export const cellName = (sheet: string | null | undefined, cell: string): string => (sheet ? `${sheet}!${cell}` : cell);

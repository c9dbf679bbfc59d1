// A process result as the server sends it, and how to read it: a number by its name, groups, what was left out; and its
// export.
import type { Feature, FeatureCollection, Geometry } from 'geojson';

export interface ResultNumber {
  name: string;
  value: number | null;
  unit: string;
  /** The exact amount of money. */
  decimal?: string;
  numerator?: number;
  denominator?: number;
  group?: Record<string, string>;
  ids?: string[];
}

export type ResultFeature = Feature<Geometry | null, Record<string, unknown>> & { id: string; result: Record<string, unknown> };

export interface ProcessResult {
  numbers: ResultNumber[];
  features: Omit<FeatureCollection, 'features'> & { features: ResultFeature[] };
  left_out: Record<string, string[]>;
  rules: string[];
}

/** The number with this name and exactly this group. */
export function findNumber(answer: ProcessResult | undefined, name: string, group: Record<string, string> = {}): ResultNumber | undefined {
  const wanted = Object.entries(group);
  return answer?.numbers.find(
    (one) => one.name === name && Object.keys(one.group ?? {}).length === wanted.length && wanted.every(([key, value]) => one.group?.[key] === value),
  );
}

/** The group's values with the number of this name, in the result's order. */
export function numbersByGroup(answer: ProcessResult | undefined, name: string, group: string): Map<string, ResultNumber> {
  const rows = new Map<string, ResultNumber>();
  for (const one of answer?.numbers ?? []) {
    const keys = Object.keys(one.group ?? {});
    if (one.name === name && keys.length === 1 && keys[0] === group) rows.set(one.group![group]!, one);
  }
  return rows;
}

/** Left-out ids by reason over several results, each id once. */
export function mergeLeftOut(answers: ProcessResult[]): Map<string, string[]> {
  const all = new Map<string, Set<string>>();
  for (const { left_out } of answers) {
    for (const [reason, ids] of Object.entries(left_out)) {
      const known = all.get(reason) ?? new Set();
      ids.forEach((id) => known.add(id));
      all.set(reason, known);
    }
  }
  return new Map([...all].map(([reason, ids]) => [reason, [...ids]]));
}

/** The result's features as GeoJSON, with numbers, left-out ids and rules. */
export function resultGeojson(answers: Record<string, ProcessResult>, query: { link: string; shapes: Feature[] }): string {
  const all = Object.values(answers);
  const seen = new Set<string>();
  const features = [...query.shapes, ...all.flatMap((one) => one.features.features)].filter(({ id }) => {
    if (id === undefined) return true;
    return !seen.has(String(id)) && Boolean(seen.add(String(id)));
  });
  return JSON.stringify({
    type: 'FeatureCollection',
    features,
    question: query.link,
    numbers: Object.fromEntries(Object.entries(answers).map(([name, one]) => [name, one.numbers])),
    left_out: Object.fromEntries(mergeLeftOut(all)),
    rules: [...new Set(all.flatMap((one) => one.rules))],
  });
}

/** Every number with its basis and ids as CSV, followed by what was left out and why. */
export function numbersCsv(answers: Record<string, ProcessResult>): string {
  const rows: unknown[][] = [['question', 'number', 'group', 'value', 'unit', 'numerator', 'denominator', 'ids']];
  for (const [name, { numbers, left_out }] of Object.entries(answers)) {
    for (const one of numbers) {
      const group = Object.entries(one.group ?? {}).map(([key, value]) => `${key}=${value}`);
      rows.push([name, one.name, group.join(' '), one.decimal ?? one.value, one.unit, one.numerator, one.denominator, (one.ids ?? []).join(' ')]);
    }
    for (const [reason, ids] of Object.entries(left_out)) rows.push([name, 'left_out', `reason=${reason}`, ids.length, 'features', '', '', ids.join(' ')]);
  }
  return resultCsv(rows);
}

/** The features with their results as CSV; the columns are all that any feature has. */
export function featuresCsv(answers: Record<string, ProcessResult>): string | null {
  const features = Object.values(answers).flatMap((one) => one.features.features);
  if (!features.length) return null;
  const names = (of: (one: ResultFeature) => Record<string, unknown>) => [...new Set(features.flatMap((one) => Object.keys(of(one) ?? {})))];
  const [results, properties] = [names((one) => one.result), names((one) => one.properties)];
  const rows = features.map((one) => [one.id, ...results.map((name) => one.result?.[name]), ...properties.map((name) => one.properties?.[name])]);
  return resultCsv([['id', ...results.map((name) => `result.${name}`), ...properties], ...rows]);
}

function resultCsv(rows: unknown[][]): string {
  return rows.map((row) => `${row.map(resultCell).join(',')}\r\n`).join('');
}

/** A CSV cell, quoted where needed. Text that a spreadsheet would run as a formula gets an apostrophe. */
function resultCell(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  const safe = /^[=+\-@\t\r]/.test(text) && !/^-?\d/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}

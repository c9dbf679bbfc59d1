// A change as a value: what an item was and what it becomes. Undo is the inverse value.
import type { Geometry } from 'geojson';

export type FeatureProperties = Record<string, unknown>;

/** What people enter; the id and the version stand beside it. */
export interface FeatureContent {
  geometry: Geometry | null;
  properties: FeatureProperties;
}

/** `base` null creates the item, `now` null removes it. */
export interface FeatureChange {
  id: string;
  base: FeatureContent | null;
  now: FeatureContent | null;
  /** ETag of `base`; null when it is not known. */
  etag: string | null;
  /** The collection's revision made by this change, once it is sent. */
  revision?: number;
  /** For restoring a removed item: a revision after which it existed. Its id is never reused. */
  restore?: number;
}

/** One field of an item, or its geometry. */
export type FieldName = string;
export const GEOMETRY: FieldName = 'geometry';

export function invertChange({ id, base, now, revision }: FeatureChange, etag: string | null): FeatureChange {
  return { id, base: now, now: base, etag, ...(now || !revision ? {} : { restore: revision - 1 }) };
}

export const fieldValue = (content: FeatureContent, field: FieldName): unknown => (field === GEOMETRY ? content.geometry : (content.properties[field] ?? null));

/** Sets a field; a blank value removes the member. */
export function withValue(content: FeatureContent, field: FieldName, value: unknown): FeatureContent {
  if (field === GEOMETRY) return { ...content, geometry: value as Geometry | null };
  const properties = { ...content.properties };
  if (isBlank(value)) delete properties[field];
  else properties[field] = value;
  return { ...content, properties };
}

export function isBlank(value: unknown): boolean {
  return value === null || value === undefined || value === '' || (Array.isArray(value) && !value.length);
}

/** Names of the fields that differ, in the order of the first content, then of the second. */
export function changedFields(a: FeatureContent, b: FeatureContent): FieldName[] {
  const names = new Set([GEOMETRY, ...Object.keys(a.properties), ...Object.keys(b.properties)]);
  return [...names].filter((name) => !sameValue(fieldValue(a, name), fieldValue(b, name)));
}

/** The merge patch (RFC 7396) from `base` to `now`; a removed member is null, within a field as well. */
export function patchOf(base: FeatureContent, now: FeatureContent): { geometry?: Geometry | null; properties?: FeatureProperties } {
  const fields = changedFields(base, now);
  const properties = Object.fromEntries(
    fields.filter((name) => name !== GEOMETRY).map((name) => [name, mergePatch(fieldValue(base, name), fieldValue(now, name))]),
  );
  return {
    ...(fields.includes(GEOMETRY) ? { geometry: now.geometry } : {}),
    ...(Object.keys(properties).length ? { properties } : {}),
  };
}

const isObject = (value: unknown): value is FeatureProperties => typeof value === 'object' && value !== null && !Array.isArray(value);

function mergePatch(base: unknown, now: unknown): unknown {
  if (!isObject(base) || !isObject(now)) return now;
  return { ...Object.fromEntries(Object.keys(base).map((name) => [name, null])), ...now };
}

/** Whether two JSON values are equal; all blank values are equal. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b || (isBlank(a) && isBlank(b))) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || !a || !b || Array.isArray(a) !== Array.isArray(b)) return false;
  if (Array.isArray(a) && a.length !== (b as unknown[]).length) return false;
  const [one, other] = [a as FeatureProperties, b as FeatureProperties];
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].every((key) => sameValue(one[key], other[key]));
}

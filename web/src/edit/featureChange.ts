// A change is a value: what a thing was, and what it shall be. Undo is the same value the other way round.
import type { Geometry } from 'geojson';

export type FeatureProperties = Record<string, unknown>;

/** What people say of a thing; its id and version stand beside it. */
export interface FeatureContent {
  geometry: Geometry | null;
  properties: FeatureProperties;
}

/** `base` null makes a thing, `now` null removes it. */
export interface FeatureChange {
  id: string;
  base: FeatureContent | null;
  now: FeatureContent | null;
  /** The version that `base` is, as the server named it; null when it was not asked. */
  etag: string | null;
  /** The revision of the collection that this change made, once it is sent. */
  revision?: number;
  /** For what was removed and comes back: a revision after which it was there. Its id is not given to anything else. */
  restore?: number;
}

/** One field of a thing, or its place on the map. */
export type FieldName = string;
export const GEOMETRY: FieldName = 'geometry';

export function invertChange({ id, base, now, revision }: FeatureChange, etag: string | null): FeatureChange {
  return { id, base: now, now: base, etag, ...(now || !revision ? {} : { restore: revision - 1 }) };
}

export const fieldValue = (content: FeatureContent, field: FieldName): unknown => (field === GEOMETRY ? content.geometry : (content.properties[field] ?? null));

/** The content with another value in a field; nothing said is no member at all. */
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

/** Fields that differ, in the order of the first content, then of the second. */
export function changedFields(a: FeatureContent, b: FeatureContent): FieldName[] {
  const names = new Set([GEOMETRY, ...Object.keys(a.properties), ...Object.keys(b.properties)]);
  return [...names].filter((name) => !sameValue(fieldValue(a, name), fieldValue(b, name)));
}

/** What has to be sent to make `now` of `base` (RFC 7396): a member that goes is null, within a field as well. */
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

/** Whether two JSON values say the same; nothing is nothing, however it is written. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b || (isBlank(a) && isBlank(b))) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || !a || !b || Array.isArray(a) !== Array.isArray(b)) return false;
  if (Array.isArray(a) && a.length !== (b as unknown[]).length) return false;
  const [one, other] = [a as FeatureProperties, b as FeatureProperties];
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].every((key) => sameValue(one[key], other[key]));
}

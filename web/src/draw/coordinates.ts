// Coordinates as text, and back: one position a line, latitude before longitude as maps and phones show them. A
// hemisphere letter overrides the order; degrees may have minutes and seconds, decimals a comma. GeoJSON is accepted.
import type { Geometry, Position } from 'geojson';

export type ShapeKind = 'point' | 'line' | 'polygon';

/** What is wrong in the text, and in which line. */
export interface ShapeFault {
  kind: 'few' | 'unread' | 'range' | 'crossing';
  line: number;
}

export type ShapeReading = { shape: Geometry; fault?: undefined } | { shape?: undefined; fault: ShapeFault };

/** About ten centimetres. */
export const DECIMALS = 6;

export const MIN_CORNERS: Record<ShapeKind, number> = { point: 1, line: 2, polygon: 3 };

const ANGLE_PATTERN = String.raw`(-?\d+(?:[.,]\d+)?)(?:\s*°(?:\s*(\d+(?:[.,]\d+)?)\s*['′’])?(?:\s*(\d+(?:[.,]\d+)?)\s*["″”])?)?`;
const COORDINATE_PATTERN = new RegExp(String.raw`([NSEW])\s*${ANGLE_PATTERN}|${ANGLE_PATTERN}\s*([NSEW])?`, 'gi');

export function readShape(text: string, kind: ShapeKind): ShapeReading {
  if (text.trim().startsWith('{')) return readGeoJson(text, kind);
  const corners: Position[] = [];
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (!line.trim()) continue;
    const at = readPosition(line);
    if (!at) return { fault: { kind: 'unread', line: i + 1 } };
    if (Math.abs(at[1]!) > 85 || Math.abs(at[0]!) > 180) return { fault: { kind: 'range', line: i + 1 } };
    corners.push(at);
  }
  return shapeOf(corners, kind);
}

/** Builds a shape from its corners in order; closes a ring. */
export function shapeOf(corners: Position[], kind: ShapeKind): ShapeReading {
  const open = kind === 'polygon' && corners.length > 1 && samePosition(corners[0]!, corners.at(-1)!) ? corners.slice(0, -1) : corners;
  const distinct = open.filter((at, i) => !i || !samePosition(at, open[i - 1]!)).map(roundPosition);
  if (distinct.length < MIN_CORNERS[kind]) return { fault: { kind: 'few', line: 0 } };
  if (kind === 'point') return { shape: { type: 'Point', coordinates: distinct[0]! } };
  if (kind === 'line') return { shape: { type: 'LineString', coordinates: distinct } };
  if (crossesItself(distinct)) return { fault: { kind: 'crossing', line: 0 } };
  return { shape: { type: 'Polygon', coordinates: [[...distinct, distinct[0]!]] } };
}

/** The lonlat position in a line of text, or null. */
export function readPosition(line: string): Position | null {
  const parts = [...line.matchAll(COORDINATE_PATTERN)].map(([, before, degrees1, minutes1, seconds1, degrees2, minutes2, seconds2, after]) => {
    const read = (text: string | undefined) => Number((text ?? '0').replace(',', '.'));
    const degrees = degrees1 ?? degrees2 ?? '';
    const size = Math.abs(read(degrees)) + read(minutes1 ?? minutes2) / 60 + read(seconds1 ?? seconds2) / 3600;
    const letter = (before ?? after ?? '').toUpperCase();
    return { letter, value: degrees.startsWith('-') || letter === 'S' || letter === 'W' ? -size : size };
  });
  const [first, second] = parts;
  if (parts.length !== 2 || !first || !second) return null;
  const eastFirst = /[EW]/.test(first.letter) || /[NS]/.test(second.letter) || (!first.letter && Math.abs(first.value) > 90);
  return eastFirst ? [first.value, second.value] : [second.value, first.value];
}

/** Writes a shape as text that `readShape` reads back; a shape of several parts as GeoJSON. */
export function writeShape(shape: Geometry | null): string {
  const corners = cornersOf(shape);
  if (!shape || corners) return (corners ?? []).map(([lon = 0, lat = 0]) => `${lat.toFixed(DECIMALS)}, ${lon.toFixed(DECIMALS)}`).join('\n');
  return JSON.stringify(shape);
}

export function cornersOf(shape: Geometry | null): Position[] | null {
  if (shape?.type === 'Point') return [shape.coordinates];
  if (shape?.type === 'LineString') return shape.coordinates;
  if (shape?.type === 'Polygon' && shape.coordinates.length === 1) return shape.coordinates[0]!.slice(0, -1);
  return null;
}

export const roundPosition = (at: Position): Position => [Number(at[0]!.toFixed(DECIMALS)), Number(at[1]!.toFixed(DECIMALS))];

const samePosition = (a: Position, b: Position) => a[0] === b[0] && a[1] === b[1];

const GEOMETRY_TYPES: Record<ShapeKind, string[]> = {
  point: ['Point', 'MultiPoint'],
  line: ['LineString', 'MultiLineString'],
  polygon: ['Polygon', 'MultiPolygon'],
};

function readGeoJson(text: string, kind: ShapeKind): ShapeReading {
  try {
    const json = JSON.parse(text) as { type: string; geometry?: Geometry; coordinates?: unknown };
    const shape = json.type === 'Feature' ? json.geometry : (json as Geometry);
    if (shape && GEOMETRY_TYPES[kind].includes(shape.type) && 'coordinates' in shape && Array.isArray(shape.coordinates)) return { shape };
  } catch {
    // not JSON: reported below
  }
  return { fault: { kind: 'unread', line: 1 } };
}

/** An outline with more corners than this is checked by the server only. */
const MAX_CHECKED = 400;

/** Whether an outline crosses itself. */
export function crossesItself(corners: Position[]): boolean {
  const n = corners.length;
  if (n > MAX_CHECKED) return false;
  for (let i = 0; i < n; i++) {
    for (let j = i + 2; j < n; j++) {
      if (i === 0 && j === n - 1) continue;
      if (segmentsCross(corners[i]!, corners[i + 1]!, corners[j]!, corners[(j + 1) % n]!)) return true;
    }
  }
  return false;
}

function segmentsCross(a: Position, b: Position, c: Position, d: Position): boolean {
  const side = (p: Position, q: Position, r: Position) => Math.sign((q[0]! - p[0]!) * (r[1]! - p[1]!) - (q[1]! - p[1]!) * (r[0]! - p[0]!));
  return side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;
}

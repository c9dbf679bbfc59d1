// Geometry for the map view: bounding boxes to move the camera to, and points for symbols and labels. Coordinates are
// lonlat degrees.
import type { Geometry, Position } from 'geojson';

/** west, south, east, north */
export type BoundingBox = [number, number, number, number];

export function boundingBox(geometry: Geometry | null | undefined): BoundingBox | null {
  const box: BoundingBox = [Infinity, Infinity, -Infinity, -Infinity];
  eachPosition(geometry, ([lon = 0, lat = 0]) => {
    box[0] = Math.min(box[0], lon);
    box[1] = Math.min(box[1], lat);
    box[2] = Math.max(box[2], lon);
    box[3] = Math.max(box[3], lat);
  });
  return box[0] === Infinity ? null : box;
}

export function joinBoxes(boxes: Iterable<BoundingBox | null>): BoundingBox | null {
  let all: BoundingBox | null = null;
  for (const box of boxes) {
    if (!box) continue;
    all = all ? [Math.min(all[0], box[0]), Math.min(all[1], box[1]), Math.max(all[2], box[2]), Math.max(all[3], box[3])] : [...box];
  }
  return all;
}

/** A point on the geometry: inside an area, halfway along a line. */
export function anchorPoint(geometry: Geometry | null | undefined): Position | null {
  switch (geometry?.type) {
    case 'Point':
      return geometry.coordinates;
    case 'MultiPoint':
      return geometry.coordinates[0] ?? null;
    case 'LineString':
      return pointHalfway(geometry.coordinates);
    case 'MultiLineString':
      return pointHalfway(longestLine(geometry.coordinates));
    case 'Polygon':
      return pointInside(geometry.coordinates);
    case 'MultiPolygon':
      return pointInside(geometry.coordinates.reduce((a, b) => (boxSize(b[0]) > boxSize(a[0]) ? b : a), geometry.coordinates[0] ?? []));
    case 'GeometryCollection':
      return anchorPoint(geometry.geometries[0]);
    default:
      return null;
  }
}

function eachPosition(geometry: Geometry | null | undefined, visit: (position: Position) => void): void {
  if (!geometry) return;
  if (geometry.type === 'GeometryCollection') geometry.geometries.forEach((part) => eachPosition(part, visit));
  else walkPositions(geometry.coordinates, visit);
}

type NestedPositions = Position | NestedPositions[];

function walkPositions(coordinates: NestedPositions, visit: (position: Position) => void): void {
  if (typeof coordinates[0] === 'number') visit(coordinates as Position);
  else (coordinates as NestedPositions[]).forEach((part) => walkPositions(part, visit));
}

function boxSize(ring: Position[] = []): number {
  const box = boundingBox({ type: 'LineString', coordinates: ring });
  return box ? (box[2] - box[0]) * (box[3] - box[1]) : 0;
}

function longestLine(lines: Position[][]): Position[] {
  return lines.reduce((a, b) => (planarLength(b) > planarLength(a) ? b : a), lines[0] ?? []);
}

const planarDistance = (a: Position, b: Position) => Math.hypot((b[0] ?? 0) - (a[0] ?? 0), (b[1] ?? 0) - (a[1] ?? 0));

function planarLength(line: Position[]): number {
  return line.reduce((sum, point, i) => (i ? sum + planarDistance(line[i - 1] ?? point, point) : 0), 0);
}

function pointHalfway(line: Position[]): Position | null {
  let left = planarLength(line) / 2;
  for (let i = 1; i < line.length; i++) {
    const [a, b] = [line[i - 1]!, line[i]!];
    const length = planarDistance(a, b);
    if (length > 0 && left <= length) return interpolate(a, b, left / length);
    left -= length;
  }
  return line[0] ?? null;
}

const interpolate = (a: Position, b: Position, t: number): Position => [a[0]! + (b[0]! - a[0]!) * t, a[1]! + (b[1]! - a[1]!) * t];

/** A point inside a polygon: the middle of its widest interval among seven horizontal cuts. */
function pointInside(rings: Position[][]): Position | null {
  const box = boundingBox({ type: 'Polygon', coordinates: rings });
  if (!box) return null;
  let best: { at: Position; width: number } | null = null;
  for (const share of [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8]) {
    const lat = box[1] + (box[3] - box[1]) * share;
    const crossings = crossingLons(rings, lat);
    for (let i = 1; i < crossings.length; i += 2) {
      const [west, east] = [crossings[i - 1]!, crossings[i]!];
      if (!best || east - west > best.width * 1.25) best = { at: [(west + east) / 2, lat], width: east - west };
    }
  }
  return best?.at ?? rings[0]?.[0] ?? null;
}

function crossingLons(rings: Position[][], lat: number): number[] {
  const lons: number[] = [];
  for (const ring of rings) {
    for (let i = 1; i < ring.length; i++) {
      const [a, b] = [ring[i - 1]!, ring[i]!];
      if (a[1]! > lat !== b[1]! > lat) lons.push(a[0]! + ((lat - a[1]!) / (b[1]! - a[1]!)) * (b[0]! - a[0]!));
    }
  }
  return lons.sort((a, b) => a - b);
}

// Planar distances and areas in metres around a place on the ellipsoid; within a city they are exact to far less than a
// thousandth.
import type { Geometry, Position } from 'geojson';

const A = 6378137; // WGS 84, half the longer axis in metres
const E2 = 0.00669437999014;
const RAD = Math.PI / 180;

/** Metres per degree of longitude and of latitude at a latitude. */
export function metresPerDegree(lat: number): [number, number] {
  const w = 1 - E2 * Math.sin(lat * RAD) ** 2;
  const across = (A / Math.sqrt(w)) * Math.cos(lat * RAD) * RAD;
  const along = ((A * (1 - E2)) / w ** 1.5) * RAD;
  return [across, along];
}

export function metresBetween(a: Position, b: Position): number {
  const [x, y] = metresPerDegree((a[1]! + b[1]!) / 2);
  return Math.hypot((b[0]! - a[0]!) * x, (b[1]! - a[1]!) * y);
}

/** Area in square metres of a polygon or multipolygon; 0 for any other geometry. */
export function planarArea(shape: Geometry | null): number {
  if (shape?.type === 'Polygon') return polygonArea(shape.coordinates);
  if (shape?.type === 'MultiPolygon') return shape.coordinates.reduce((sum, polygon) => sum + polygonArea(polygon), 0);
  return 0;
}

function polygonArea(rings: Position[][]): number {
  return rings.reduce((sum, ring, i) => sum + (i ? -1 : 1) * ringArea(ring), 0);
}

function ringArea(ring: Position[]): number {
  const [lon0, lat0] = [ring[0]?.[0] ?? 0, ring.reduce((sum, at) => sum + at[1]!, 0) / (ring.length || 1)];
  const [x, y] = metresPerDegree(lat0);
  let twice = 0;
  for (let i = 0; i < ring.length; i++) {
    const [a, b] = [ring[i]!, ring[(i + 1) % ring.length]!];
    twice += (a[0]! - lon0) * x * (b[1]! - lat0) * y - (b[0]! - lon0) * x * (a[1]! - lat0) * y;
  }
  return Math.abs(twice) / 2;
}

/** Approximates a circle by a polygon; the radius is in metres. */
export function circlePolygon(centre: Position, radius: number, corners = 64): Geometry {
  const [x, y] = metresPerDegree(centre[1]!);
  const ring = Array.from({ length: corners }, (_, i): Position => {
    const angle = (i / corners) * 2 * Math.PI;
    return [centre[0]! + (Math.cos(angle) * radius) / x, centre[1]! + (Math.sin(angle) * radius) / y];
  });
  return { type: 'Polygon', coordinates: [[...ring, ring[0]!]] };
}

/** Simplifies a line (Douglas and Peucker 1973); `tolerance` is in metres. */
export function simplifyLine(line: Position[], tolerance: number): Position[] {
  if (line.length < 3) return line;
  const [x, y] = metresPerDegree(line[0]![1]!);
  const flat = line.map(([lon, lat]) => [lon! * x, lat! * y] as const);
  const selected = new Set([0, line.length - 1]);
  const pieces: [number, number][] = [[0, line.length - 1]];
  while (pieces.length) {
    const [from, to] = pieces.pop()!;
    let [worst, far] = [0, tolerance];
    for (let i = from + 1; i < to; i++) {
      const off = distanceToSegment(flat[i]!, flat[from]!, flat[to]!);
      if (off > far) [worst, far] = [i, off];
    }
    if (!worst) continue;
    selected.add(worst);
    pieces.push([from, worst], [worst, to]);
  }
  return line.filter((_, i) => selected.has(i));
}

type PlanarPoint = readonly [number, number];

function distanceToSegment(p: PlanarPoint, a: PlanarPoint, b: PlanarPoint): number {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const length = dx * dx + dy * dy;
  const t = length ? Math.max(0, Math.min(1, ((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / length)) : 0;
  return Math.hypot(p[0] - a[0] - t * dx, p[1] - a[1] - t * dy);
}

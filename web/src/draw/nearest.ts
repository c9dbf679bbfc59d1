// Which of several shapes lies nearest to a point on the screen.
import type { Geometry, Position } from 'geojson';
import { planarArea } from './measure';

interface ScreenPoint {
  x: number;
  y: number;
}

/**
 * The nearest corner within reach, else the nearest point of an edge. `project` maps lonlat to pixels; `reach` is in
 * pixels.
 */
export function nearestPosition(shapes: Geometry[], [x, y]: [number, number], project: (at: Position) => ScreenPoint, reach: number): Position | undefined {
  let corner: Position | undefined;
  let edge: Position | undefined;
  let [toCorner, toEdge] = [reach, reach];
  for (const line of shapes.flatMap(linesOf)) {
    let before: ScreenPoint | undefined;
    line.forEach((at, i) => {
      const here = project(at);
      const off = Math.hypot(here.x - x, here.y - y);
      if (off <= toCorner) [corner, toCorner] = [at, off];
      if (before) {
        const [dx, dy] = [here.x - before.x, here.y - before.y];
        const length = dx * dx + dy * dy;
        const share = length ? Math.max(0, Math.min(1, ((x - before.x) * dx + (y - before.y) * dy) / length)) : 0;
        const aside = Math.hypot(before.x + share * dx - x, before.y + share * dy - y);
        const from = line[i - 1]!;
        if (aside <= toEdge) [edge, toEdge] = [[from[0]! + (at[0]! - from[0]!) * share, from[1]! + (at[1]! - from[1]!) * share], aside];
      }
      before = here;
    });
  }
  return corner ?? edge;
}

/**
 * The outline that a tap means: the nearest point or line within reach, else the smallest area around the tap, else the
 * nearest edge of an area.
 */
export function outlineAt<T extends { geometry: Geometry }>(
  outlines: readonly T[],
  at: Position,
  project: (at: Position) => ScreenPoint,
  reach: number,
): T | undefined {
  const hand = project(at);
  const aside = ({ geometry }: T) => {
    const caught = nearestPosition([geometry], [hand.x, hand.y], project, reach);
    const there = caught && project(caught);
    return there ? Math.hypot(there.x - hand.x, there.y - hand.y) : Infinity;
  };
  const least = (list: readonly T[], by: (one: T) => number) =>
    list.reduce<{ one?: T; size: number }>((best, one) => (by(one) < best.size ? { one, size: by(one) } : best), { size: Infinity }).one;
  const areal = ({ geometry }: T) => polygonsOf(geometry).length > 0;
  const around = outlines.filter(({ geometry }) => polygonsOf(geometry).some((rings) => rings.filter((ring) => ringContains(ring, at)).length % 2 === 1));
  return (
    least(
      outlines.filter((one) => !areal(one)),
      aside,
    ) ??
    least(around, ({ geometry }) => planarArea(geometry)) ??
    least(outlines.filter(areal), aside)
  );
}

function polygonsOf(shape: Geometry): Position[][][] {
  if (shape.type === 'Polygon') return [shape.coordinates];
  if (shape.type === 'MultiPolygon') return shape.coordinates;
  return shape.type === 'GeometryCollection' ? shape.geometries.flatMap(polygonsOf) : [];
}

function ringContains(ring: Position[], [x = 0, y = 0]: Position): boolean {
  return ring.reduce((inside, [bx = 0, by = 0], i) => {
    const [ax = 0, ay = 0] = ring[i ? i - 1 : ring.length - 1]!;
    return ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * (bx - ax) ? !inside : inside;
  }, false);
}

function linesOf(shape: Geometry): Position[][] {
  switch (shape.type) {
    case 'Point':
      return [[shape.coordinates]];
    case 'MultiPoint':
      return shape.coordinates.map((at) => [at]);
    case 'LineString':
      return [shape.coordinates];
    case 'MultiLineString':
    case 'Polygon':
      return shape.coordinates;
    case 'MultiPolygon':
      return shape.coordinates.flat();
    default:
      return shape.geometries.flatMap(linesOf);
  }
}

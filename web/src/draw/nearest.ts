// What of some shapes lies nearest to a hand on the screen.
import type { Geometry, Position } from 'geojson';

interface Pixel {
  x: number;
  y: number;
}

/** The nearest corner within reach, else the nearest place on an edge; `project` takes lonlat to pixels. */
export function nearest(shapes: Geometry[], [x, y]: [number, number], project: (at: Position) => Pixel, reach: number): Position | undefined {
  let corner: Position | undefined;
  let edge: Position | undefined;
  let [toCorner, toEdge] = [reach, reach];
  for (const line of shapes.flatMap(linesOf)) {
    let before: Pixel | undefined;
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

// Web Mercator in the unit square, for a camera with a size in pixels and a zoom (the world is 512 pixels at zoom 0).
import type { MapCamera } from '../address';
import type { BoundingBox } from '../geometry';

export const WORLD_PX = 512;
const MAX_FIT_ZOOM = 15.5;
const EDGE_PX = 72;

export function toWorld({ lon, lat }: { lon: number; lat: number }): [number, number] {
  const sin = Math.sin((lat * Math.PI) / 180);
  return [lon / 360 + 0.5, 0.5 - Math.log((1 + sin) / (1 - sin)) / (4 * Math.PI)];
}

export function fromWorld(x: number, y: number): { lon: number; lat: number } {
  return { lon: (x - 0.5) * 360, lat: (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI };
}

/** The camera moved by an offset in pixels, to the right and down. */
export function shiftCamera(view: MapCamera, dx: number, dy: number): MapCamera {
  const [x, y] = toWorld(view);
  const scale = WORLD_PX * 2 ** view.zoom;
  return { ...fromWorld(x + dx / scale, Math.min(1, Math.max(0, y + dy / scale))), zoom: view.zoom };
}

/** The closest camera that shows a box (degrees) completely, with a margin. */
export function fitCamera([west, south, east, north]: BoundingBox, width: number, height: number): MapCamera {
  const [left, top] = toWorld({ lon: west, lat: north });
  const [right, bottom] = toWorld({ lon: east, lat: south });
  const room = Math.min((width - 2 * EDGE_PX) / Math.max(right - left, 1e-9), (height - 2 * EDGE_PX) / Math.max(bottom - top, 1e-9));
  return { ...fromWorld((left + right) / 2, (top + bottom) / 2), zoom: Math.min(MAX_FIT_ZOOM, Math.log2(Math.max(room, 1) / WORLD_PX)) };
}

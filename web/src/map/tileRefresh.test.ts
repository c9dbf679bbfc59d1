import { expect, test } from 'vitest';
import { tileMeetsBox } from './tileRefresh';

/** The tile of a place at a zoom, by the formula of the slippy map. */
function tileOf(lon: number, lat: number, z: number): [number, number] {
  const rad = (lat * Math.PI) / 180;
  return [Math.floor(((lon + 180) / 360) * 2 ** z), Math.floor(((1 - Math.log(Math.tan(rad) + 1 / Math.cos(rad)) / Math.PI) / 2) * 2 ** z)];
}

test('the tile of a place is drawn anew at every zoom, and none far from it', () => {
  const [lon, lat] = [15.2678, 46.2297];
  for (let z = 0; z <= 16; z++) {
    const [x, y] = tileOf(lon, lat, z);
    const box: [number, number, number, number] = [lon, lat, lon, lat];
    expect(tileMeetsBox(x, y, z, box)).toBe(true);
    for (const [dx, dy] of [
      [2, 0],
      [-2, 0],
      [0, 2],
      [0, -2],
    ] as const)
      expect(tileMeetsBox(x + dx, y + dy, z, box)).toBe(false);
  }
});

test('a neighbour is drawn anew only for what its buffer shows', () => {
  const edge = 0; // the meridian between the tiles 0 and 1 of zoom 1
  const deg = 180; // the width of a tile there
  expect(tileMeetsBox(0, 0, 1, [edge + deg * 0.05, 10, edge + deg * 0.06, 11])).toBe(true);
  expect(tileMeetsBox(0, 0, 1, [edge + deg * 0.07, 10, edge + deg * 0.08, 11])).toBe(false);
});

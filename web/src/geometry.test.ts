import { expect, test } from 'vitest';
import { anchorPoint, boundingBox, joinBoxes } from './geometry';

test('the anchor of an area lies inside it even where its middle does not', () => {
  const horseshoe = [
    [
      [0, 0],
      [3, 0],
      [3, 3],
      [2, 3],
      [2, 1],
      [1, 1],
      [1, 3],
      [0, 3],
      [0, 0],
    ],
  ];
  const [lon = 0, lat = 0] = anchorPoint({ type: 'Polygon', coordinates: horseshoe })!;
  expect(lat < 1 || lon < 1 || lon > 2).toBe(true);
});

test('the anchor of a line lies halfway along it', () => {
  expect(
    anchorPoint({
      type: 'LineString',
      coordinates: [
        [0, 0],
        [1, 0],
        [1, 3],
      ],
    }),
  ).toEqual([1, 1]);
});

test('boxes hold all parts; no geometry has none', () => {
  expect(boundingBox(null)).toBeNull();
  expect(
    boundingBox({
      type: 'GeometryCollection',
      geometries: [
        { type: 'Point', coordinates: [1, 2] },
        { type: 'Point', coordinates: [-1, 5] },
      ],
    }),
  ).toEqual([-1, 2, 1, 5]);
  expect(joinBoxes([null, [0, 0, 1, 1], [2, -1, 3, 0]])).toEqual([0, -1, 3, 1]);
});

import type { Geometry, Position } from 'geojson';
import { expect, test } from 'vitest';
import { nearestPosition, outlineAt } from './nearest';

const flat = ([x = 0, y = 0]: Position) => ({ x: x * 100, y: y * 100 });
const street: Geometry = {
  type: 'LineString',
  coordinates: [
    [0, 0],
    [1, 0],
    [1, 1],
  ],
};

test('a hand near a corner catches it, although an edge is nearer', () => expect(nearestPosition([street], [95, 1], flat, 12)).toEqual([1, 0]));

test('a hand near an edge catches the nearest place on it', () => expect(nearestPosition([street], [50, 8], flat, 12)).toEqual([0.5, 0]));

test('a hand that is far from everything is free', () => expect(nearestPosition([street], [50, 13], flat, 12)).toBeUndefined());

test('every part of every kind of shape can be caught', () => {
  const shapes: Geometry[] = [
    { type: 'Point', coordinates: [3, 3] },
    {
      type: 'MultiPolygon',
      coordinates: [
        [
          [
            [5, 5],
            [6, 5],
            [6, 6],
            [5, 5],
          ],
        ],
      ],
    },
    { type: 'GeometryCollection', geometries: [{ type: 'MultiPoint', coordinates: [[8, 8]] }] },
  ];
  for (const at of [
    [3, 3],
    [6, 6],
    [8, 8],
  ])
    expect(nearestPosition(shapes, [at[0]! * 100 + 3, at[1]! * 100], flat, 12)).toEqual(at);
});

test('a tap means a line within reach, else the smallest area around it, else an edge near by', () => {
  const box = (name: string, from: number, to: number, hole?: Position[]): { name: string; geometry: Geometry } => ({
    name,
    geometry: {
      type: 'Polygon',
      coordinates: [
        [
          [from, from],
          [to, from],
          [to, to],
          [from, to],
          [from, from],
        ],
        ...(hole ? [hole] : []),
      ],
    },
  });
  const yard: Position[] = [
    [0.6, 0.6],
    [0.6, 0.8],
    [0.8, 0.8],
    [0.8, 0.6],
    [0.6, 0.6],
  ];
  const outlines = [box('centre', -10, 10), box('block', 0, 1, yard), { name: 'street', geometry: street }];
  const at = (place: Position) => outlineAt(outlines, place, flat, 12)?.name;
  expect(at([0.5, 0.05])).toBe('street');
  expect(at([0.3, 0.3])).toBe('block');
  expect(at([0.7, 0.7])).toBe('centre');
  expect(at([10.1, 5])).toBe('centre');
  expect(at([11, 11])).toBeUndefined();
});

import { expect, test } from 'vitest';
import { toCsv, toGeojson, lonlatCells } from './export';
import type { Intervention } from './plan';

test('a table is quoted where it must be, and no cell becomes a formula', () => {
  const text = toCsv(
    ['a', 'b "c"'],
    [
      ['x,y', 1.5],
      ['=1+1', null],
      ['two\nlines', -3],
    ],
  );
  expect(text).toBe('\ufeffa,"b ""c"""\r\n"x,y",1.5\r\n\'=1+1,\r\n"two\nlines",-3\r\n');
});

const one = { id: 'a', geometry: { type: 'Point', coordinates: [15.26781234567, 46.23] }, properties: { title: 'A' } } as unknown as Intervention;

test('a place is given as two numbers, and none as nothing', () => {
  expect(lonlatCells(one)).toEqual([15.267812, 46.23]);
  expect(lonlatCells({ ...one, geometry: null })).toEqual([null, null]);
});

test('GeoJSON holds what the server sent', () => {
  expect(JSON.parse(toGeojson([one]))).toEqual({
    type: 'FeatureCollection',
    features: [{ type: 'Feature', id: 'a', geometry: one.geometry, properties: { title: 'A' } }],
  });
});

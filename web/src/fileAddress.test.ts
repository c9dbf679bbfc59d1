// The address of a file that the server writes, and what it says of it.
import { expect, test } from 'vitest';
import { fileAddress, readSentences } from './fileAddress';

test('an address names the format, the city, the grid and for workbooks the language', () => {
  expect(fileAddress('xlsx', 'celje', '', 'sl')).toBe('api/collections/interventions/download?f=xlsx&city=celje&workbook-language=sl');
  expect(fileAddress('gpkg', '', 'EPSG:3794', 'sl')).toBe(
    'api/collections/interventions/download?f=gpkg&crs=http%3A%2F%2Fwww.opengis.net%2Fdef%2Fcrs%2FEPSG%2F0%2F3794',
  );
});

test('sentences are read from the header, and nothing from a header of another form', () => {
  expect(readSentences('["Names are short: title_en \\u2192 t.","b"]')).toEqual(['Names are short: title_en → t.', 'b']);
  for (const header of [null, '', 'x', '{}', '[1]']) expect(readSentences(header)).toEqual([]);
});

import { expect, test } from 'vitest';
import { toCents, shareOf } from './money';

test('amounts become whole cents', () => {
  expect(toCents('314623.45')).toBe(31462345);
  expect(toCents(269225)).toBe(26922500);
  expect(toCents('0.1')).toBe(10);
  expect(toCents('-2.005')).toBe(-201);
});

test('unknown is not zero', () => {
  for (const unknown of [null, undefined, '', 'many', '1,5']) expect(toCents(unknown)).toBeNull();
  expect(shareOf(null, 100)).toBeNull();
  expect(shareOf(1, 0)).toBeNull();
});

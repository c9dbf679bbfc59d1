import { expect, test } from 'vitest';
import { cents, share } from './money';

test('amounts become whole cents', () => {
  expect(cents('314623.45')).toBe(31462345);
  expect(cents(269225)).toBe(26922500);
  expect(cents('0.1')).toBe(10);
  expect(cents('-2.005')).toBe(-201);
});

test('unknown is not zero', () => {
  for (const unknown of [null, undefined, '', 'many', '1,5']) expect(cents(unknown)).toBeNull();
  expect(share(null, 100)).toBeNull();
  expect(share(1, 0)).toBeNull();
});

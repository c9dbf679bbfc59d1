import { expect, test } from 'vitest';
import { format, parse } from './address';

test('an address comes back as it was', () => {
  const text = '?city=celje&id=celje-presernova-redesign&q=Pre%C5%A1ernova%20%26%20Co&status=idea,proposed&objective=PO5&function=housing&from=2024&to=2026&order=cost&colour=function&at=2026-06&tab=table&lang=sl&theme=dark&print=1&embed=1&map=15.20/46.23100/15.26400';
  expect(format(parse(text))).toBe(text);
});

test('nothing said is nothing written', () => {
  expect(format(parse(''))).toBe('');
});

test('broken values are left aside', () => {
  const address = parse('?from=soon&order=size&theme=pink&colour=smell&at=2026-13&map=1/2&tab=ask&status=,,');
  expect(format(address)).toBe('');
  expect(parse('?map=99/89/500').view).toEqual({ zoom: 22, lat: 85, lon: 180 });
  expect(parse('?map=a/b/c').view).toBeNull();
});

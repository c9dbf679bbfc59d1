import { expect, test } from 'vitest';
import { formatAddress, parseAddress } from './address';

test('an address comes back as it was', () => {
  const text =
    '?city=celje&id=celje-presernova-redesign&q=Pre%C5%A1ernova%20%26%20Co&status=idea,proposed&objective=PO5&function=housing&from=2024&to=2026&order=cost&as=money&colour=function&at=2026-06&tab=table&lang=sl&theme=dark&beside=granada,2030-01,done&print=1&embed=1&map=15.20/46.23100/15.26400';
  expect(formatAddress(parseAddress(text))).toBe(text);
});

test('a question comes back as it was', () => {
  const inside = '?city=celje&tab=ask&shape=15.26,46.22/15.27,46.22/15.27,46.23&with=rule:share&map=15.20/46.23100/15.26400';
  expect(formatAddress(parseAddress(inside))).toBe(inside);
  const gaps = '?tab=ask&ask=gaps&area=celje-staro-mestno-jedro&point=15.265,46.23&with=distance:150,kind:class-park';
  expect(formatAddress(parseAddress(gaps))).toBe(gaps);
  const side = '?tab=compare&compare=city:celje,area:osijek-tvrda,drawn';
  expect(formatAddress(parseAddress(side))).toBe(side);
  expect(parseAddress('?with=survey:a%252Cb%253Ac').query.options).toEqual({ survey: 'a,b:c' });
});

test('nothing said is nothing written', () => {
  expect(formatAddress(parseAddress(''))).toBe('');
});

test('broken values are left aside', () => {
  const address = parseAddress(
    '?from=soon&order=size&theme=pink&colour=smell&at=2026-13&map=1/2&tab=draw&ask=why&shape=1,2/3&point=9&compare=town:x&status=,,',
  );
  expect(formatAddress(address)).toBe('');
  expect(parseAddress('?map=99/89/500').view).toEqual({ zoom: 22, lat: 85, lon: 180 });
  expect(parseAddress('?map=a/b/c').view).toBeNull();
});

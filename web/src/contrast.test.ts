// WCAG 2.2, 1.4.3 and 1.4.11: what the stylesheet's colours must reach on what they are drawn on.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SYMBOL_IDS } from './symbology';

const sheet = readFileSync(join(import.meta.dirname, 'tokens.css'), 'utf8');
const tokens = new Map(
  [...sheet.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map(([, name, light, dark]) => [name!, { light: light!, dark: dark! }]),
);

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: string, other: string): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

describe.each(['light', 'dark'] as const)('%s', (theme) => {
  const colour = (name: string) => tokens.get(name)![theme];

  test.each([...SYMBOL_IDS, 'accent'])('%s is seen on panel, soft, land and street', (mark) => {
    for (const ground of ['panel', 'soft', 'land', 'street']) expect.soft([ground, contrast(colour(mark), colour(ground)) >= 3]).toEqual([ground, true]);
  });

  test.each(['ink', 'muted', 'accent'])('%s is read on panel, soft and land', (text) => {
    for (const ground of ['panel', 'soft', 'land']) expect.soft([ground, contrast(colour(text), colour(ground)) >= 4.5]).toEqual([ground, true]);
  });

  test('what is refused is read on its ground and on the panel', () => {
    for (const ground of ['refused-soft', 'panel', 'soft']) expect.soft([ground, contrast(colour('refused'), colour(ground)) >= 4.5]).toEqual([ground, true]);
    for (const text of ['ink', 'muted', 'accent']) expect.soft([text, contrast(colour(text), colour('refused-soft')) >= 4.5]).toEqual([text, true]);
  });

  test('controls are seen on the panel', () => expect(contrast(colour('control'), colour('panel'))).toBeGreaterThanOrEqual(3));
});

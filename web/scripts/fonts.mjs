// Subsets Noto Sans' large Latin-extended files to the letters of Europe's languages: src/fonts/*.woff2. A first visit
// loads a sixth of them; other letters remain in the large files, by the ranges in tokens.css and map/fonts.ts.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import subset from 'subset-font';

const from = fileURLToPath(new URL('../node_modules/@fontsource/noto-sans/files/', import.meta.url));
const to = fileURLToPath(new URL('../src/fonts/', import.meta.url));
const span = (first, last) => Array.from({ length: last - first + 1 }, (_, i) => String.fromCodePoint(first + i)).join('');
// Latin Extended-A, and the comma-below letters of Romanian
const LETTERS = span(0x0100, 0x017f) + span(0x0218, 0x021b);

mkdirSync(to, { recursive: true });
for (const weight of [400, 600]) {
  const whole = readFileSync(`${from}noto-sans-latin-ext-${weight}-normal.woff2`);
  const part = await subset(whole, LETTERS, { targetFormat: 'woff2' });
  writeFileSync(`${to}noto-sans-european-${weight}.woff2`, part);
  console.log(`src/fonts/noto-sans-european-${weight}.woff2  ${(part.length / 1000).toFixed(1)} kB of ${(whole.length / 1000).toFixed(1)} kB`);
}

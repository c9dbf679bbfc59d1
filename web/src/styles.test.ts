// The order of the layers must not hang on which stylesheet the browser gets first.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const sheets = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.css'));
const text = (path: string) => readFileSync(join(import.meta.dirname, path), 'utf8');
const order = /@layer [\w, ]+;/.exec(text('tokens.css'))![0];

test.each(sheets)('%s says the order of the layers before it uses one', (path) => {
  expect(/@layer [^;{]+[;{]/.exec(text(path))?.[0]).toBe(order);
});

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const here = import.meta.dirname;
const SUFFIX = /_(zero|one|two|few|many|other)$/;
const languages = readdirSync(join(here, 'locales'));
const parts = (language: string) => readdirSync(join(here, 'locales', language)).sort();
const readPart = (language: string, part: string) => JSON.parse(readFileSync(join(here, 'locales', language, part), 'utf8')) as Record<string, string>;
const read = (language: string): Record<string, string> => Object.assign({}, ...parts(language).map((part) => readPart(language, part)));
const english = read('en');
const baseKeys = (messages: Record<string, string>) => [...new Set(Object.keys(messages).map((key) => key.replace(SUFFIX, '')))].sort();
const placeholders = (text: string) => [...new Set([...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]!))].sort();

const sources = readdirSync(here, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.tsx?$/.test(path) && !path.endsWith('.test.ts'))
  .map((path) => ({ path, text: readFileSync(join(here, path), 'utf8') }));

test('a message stands in one file only', () => {
  expect(Object.keys(english).length).toBe(parts('en').reduce((sum, part) => sum + Object.keys(readPart('en', part)).length, 0));
});

describe.each(languages)('%s', (code) => {
  const messages = read(code);
  const plurals = new Intl.PluralRules(code).resolvedOptions().pluralCategories;

  test('has the same files as English', () => expect(parts(code)).toEqual(parts('en')));

  test('has the same messages as English', () => expect(baseKeys(messages)).toEqual(baseKeys(english)));

  test('has every plural form of its language and no other', () => {
    for (const base of baseKeys(messages)) {
      const forms = Object.keys(messages).filter((key) => key.replace(SUFFIX, '') === base && SUFFIX.test(key));
      if (forms.length) expect(forms.sort()).toEqual(plurals.map((form) => `${base}_${form}`).sort());
    }
  });

  test('has the same placeholders as English', () => {
    for (const [key, text] of Object.entries(messages)) {
      const base = key.replace(SUFFIX, '');
      expect([key, placeholders(text)]).toEqual([key, placeholders(english[base] ?? english[`${base}_other`]!)]);
    }
  });

  test('says something everywhere', () => expect(Object.values(messages).filter((text) => !text.trim())).toEqual([]));
});

test('a message that comes with a part is said by that part alone', () => {
  const places: Record<string, RegExp> = { ask: /^ask\//, draw: /^draw\//, edit: /^edit\//, import: /^import\// };
  for (const [part, place] of Object.entries(places)) {
    for (const key of baseKeys(readPart('en', `${part}.json`))) {
      expect([key, sources.filter(({ path, text }) => !place.test(path) && text.includes(`'${key}'`)).map(({ path }) => path)]).toEqual([key, []]);
    }
  }
});

test('every message is used', () => {
  const code = sources.map(({ text }) => text).join('\n');
  expect(baseKeys(english).filter((key) => !code.includes(`'${key}'`))).toEqual([]);
});

test('no text stands in the components', () => {
  // Between tags there may be expressions, marks and spaces, but no word.
  const words = sources
    .filter(({ path }) => path.endsWith('.tsx'))
    .flatMap(({ path, text }) =>
      [...text.matchAll(/<\/?[a-zA-Z][^<>=]*(?:="[^"]*"|=\{[^{}]*\}|[^<>])*>\s*([\p{L}][^<>{}=;()]*)\s*<\//gu)].map((match) => `${path}: ${match[1]!.trim()}`),
    );
  const attributes = sources
    .filter(({ path }) => path.endsWith('.tsx'))
    .flatMap(({ path, text }) => [...text.matchAll(/(?:aria-label|title|placeholder|alt)="([^"]+)"/g)].map((match) => `${path}: ${match[1]!}`));
  expect([...words, ...attributes]).toEqual([]);
});

describe('accessibility statement', () => {
  const statement = (code: string) => JSON.parse(readFileSync(join(here, 'statement', `${code}.json`), 'utf8')) as Record<string, string>;

  test('it is there in every language', () => {
    expect(readdirSync(join(here, 'statement')).sort()).toEqual(languages.map((code) => `${code}.json`).sort());
  });

  test.each(languages)('%s says everything that English says', (code) => {
    expect(Object.keys(statement(code))).toEqual(Object.keys(statement('en')));
    expect(Object.values(statement(code)).filter((text) => !text.trim())).toEqual([]);
    expect(placeholders(Object.values(statement(code)).join())).toEqual(['version']);
  });
});

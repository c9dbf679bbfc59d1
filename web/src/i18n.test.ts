import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import i18next from 'i18next';
import { expect, test } from 'vitest';
import { addEnglishMessages, addLateMessages, language, languages, loadLanguage, t, type MessageKey } from './i18n';

const folder = join(import.meta.dirname, 'locales');
const read = (code: string): Record<string, string> =>
  Object.assign({}, ...readdirSync(join(folder, code)).map((part) => JSON.parse(readFileSync(join(folder, code, part), 'utf8')) as object)) as Record<
    string,
    string
  >;
const english = read('en');
const bases = [...new Set(Object.keys(english).map((key) => key.replace(/_(one|other)$/, '')))] as MessageKey[];

addEnglishMessages(english);
Object.assign(globalThis, { document: { documentElement: {} } });

test('the messages of a part that loads later come with the part, and with every language from then on', async () => {
  const own = (code: string) => (JSON.parse(readFileSync(join(folder, code, 'import.json'), 'utf8')) as Record<string, string>)['save.nothing'];
  await loadLanguage('sl');
  expect(t('save.nothing')).toBe(own('en'));
  await addLateMessages('import', {});
  expect(t('save.nothing')).toBe(own('sl'));
  await loadLanguage('el');
  expect(t('save.nothing')).toBe(own('el'));
});

test('of two languages chosen quickly the last is spoken', async () => {
  await Promise.all([loadLanguage('fr'), loadLanguage('en')]);
  expect(language.value).toBe('en');
});

test.each(languages)(
  '%s: every message reads as the library of its format reads it',
  async (code) => {
    await loadLanguage(code);
    expect(language.value).toBe(code);
    const oracle = i18next.createInstance();
    await oracle.init({
      lng: code,
      fallbackLng: 'en',
      resources: { en: { translation: english }, [code]: { translation: read(code) } },
      keySeparator: false,
      nsSeparator: false,
      interpolation: { escapeValue: false },
    });
    const names = [...new Set(Object.values(english).flatMap((text) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]!)))];
    const words = Object.fromEntries(names.filter((name) => name !== 'count').map((name) => [name, `<${name}>`]));
    const counts = [0, 1, 2, 3, 5, 11, 21, 22, 101, 1_000_000].map((count) => [count, count.toLocaleString(code)] as const);
    for (const key of bases) {
      const expected = counts.map(([count, written]) => oracle.t(key, { count, replace: { ...words, count: written } }));
      expect([key, ...counts.map(([count]) => t(key, { ...words, count }))]).toEqual([key, ...expected]);
    }
  },
  30_000,
); // i18next takes seconds for all messages on a busy machine

// Messages in the person's language: a folder a language, a file a part of the page. English is in the page; other languages
// are fetched when chosen and stand on English where a message is missing. A language is offered when its folder is there,
// in the order of the network.
import { signal } from '@preact/signals';
import i18next from 'i18next';
import ask from './locales/en/ask.json';
import edit from './locales/en/edit.json';
import map from './locales/en/map.json';
import see from './locales/en/see.json';

const en = { ...map, ...ask, ...edit, ...see };

type Plural<K> = K extends `${infer Base}_${'zero' | 'one' | 'two' | 'few' | 'many' | 'other'}` ? Base : K;
export type Key = Plural<keyof typeof en>;

const ORDER = ['en', 'fr', 'pl', 'es', 'hr', 'pt', 'sl', 'it', 'el', 'nl'];
const files = import.meta.glob<Record<string, string>>(['./locales/*/*.json', '!./locales/en/*.json'], { import: 'default' });
const filesOf = (language: string) => Object.entries(files).flatMap(([path, load]) => (path.startsWith(`./locales/${language}/`) ? [load] : []));

export const languages = ORDER.filter((language) => language === 'en' || filesOf(language).length);

/** The language now shown; it changes when its messages are there, so that nothing flickers through English. */
export const language = signal('en');

void i18next.init({
  lng: 'en',
  fallbackLng: 'en',
  resources: { en: { translation: en } },
  keySeparator: false,
  nsSeparator: false,
  interpolation: { escapeValue: false },
  initAsync: false,
});

export async function speak(wanted: string): Promise<void> {
  const loads = filesOf(wanted);
  if (loads.length && !i18next.hasResourceBundle(wanted, 'translation')) {
    const parts = await Promise.all(loads.map((load) => load()));
    i18next.addResourceBundle(wanted, 'translation', Object.assign({}, ...parts));
  }
  await i18next.changeLanguage(languages.includes(wanted) ? wanted : 'en');
  language.value = i18next.language;
  document.documentElement.lang = i18next.language;
}

/** The language asked for, else the first of the browser's that we have. */
export function preferred(asked: string): string {
  const wishes = [asked, ...navigator.languages].map((tag) => tag.toLowerCase().split('-')[0] ?? '');
  return wishes.find((tag) => languages.includes(tag)) ?? 'en';
}

export function t(key: Key, values?: Record<string, string | number>): string {
  void language.value; // whoever shows a message is shown anew in another language
  return i18next.t(key, values && { count: values.count, replace: written(values) });
}

/** Numbers as the language writes them. */
function written(values: Record<string, string | number>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, typeof value === 'number' ? value.toLocaleString(language.value) : value]));
}

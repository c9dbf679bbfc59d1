// Messages in the person's language: a folder a language, a file a part of the page, in the JSON of i18next. English comes with the
// parts that say it; other languages are fetched when chosen and stand on English where a message is missing. A language is
// offered when its folder is there, in the order of the network.
import { signal } from '@preact/signals';
import type ask from './locales/en/ask.json';
import type draw from './locales/en/draw.json';
import type edit from './locales/en/edit.json';
import map from './locales/en/map.json';
import see from './locales/en/see.json';

type MessageTexts = Readonly<Record<string, string>>;
type PluralStem<K> = K extends `${infer Base}_${'zero' | 'one' | 'two' | 'few' | 'many' | 'other'}` ? Base : K;
export type MessageKey = PluralStem<keyof (typeof map & typeof see & typeof ask & typeof draw & typeof edit)>;

const ORDER = ['en', 'fr', 'pl', 'es', 'hr', 'pt', 'sl', 'it', 'el', 'nl'];
const files = import.meta.glob<MessageTexts>(['./locales/*/*.json', '!./locales/en/*.json'], { import: 'default' });
const filesOf = (language: string) => Object.entries(files).flatMap(([path, load]) => (path.startsWith(`./locales/${language}/`) ? [load] : []));

export const languages = ORDER.filter((language) => language === 'en' || filesOf(language).length);

/** What each language calls itself, found out by the build. */
declare const LANGUAGE_NAMES: Record<string, string>;
export const nameOfLanguage = (code: string): string => LANGUAGE_NAMES[code] ?? code;

/** The language now shown; it changes when its messages are there, so that nothing flickers through English. */
export const language = signal('en');

const loadedMessages: Record<string, MessageTexts> = { en: { ...map, ...see } };

/** English messages of a part that is loaded later. */
export function addEnglishMessages(messages: MessageTexts): void {
  loadedMessages.en = { ...loadedMessages.en, ...messages };
}

let wantedCode = '';

export async function loadLanguage(wanted: string): Promise<void> {
  wantedCode = languages.includes(wanted) ? wanted : 'en';
  const now = wantedCode;
  if (!loadedMessages[now]) loadedMessages[now] = Object.assign({}, ...(await Promise.all(filesOf(now).map((load) => load())))) as MessageTexts;
  if (now !== wantedCode) return; // another was chosen meanwhile
  language.value = now;
  document.documentElement.lang = now;
}

/** The language asked for, else the first of the browser's that we have. */
export function preferredLanguage(asked: string): string {
  const tags = [asked, ...navigator.languages].map((tag) => tag.toLowerCase().split('-')[0] ?? '');
  return tags.find((tag) => languages.includes(tag)) ?? 'en';
}

export function t(key: MessageKey, values?: Record<string, string | number>): string {
  const text = findMessage(language.value, key, values?.count) ?? findMessage('en', key, values?.count) ?? key;
  return values ? text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => formatValue(values[name])) : text;
}

/** A message, in the form of its number where there is one. */
function findMessage(language: string, key: string, count: string | number | undefined): string | undefined {
  const messages = loadedMessages[language];
  return (count === undefined ? undefined : messages?.[`${key}_${languageRules(language).plural.select(Number(count))}`]) ?? messages?.[key];
}

/** Numbers as the language writes them. */
function formatValue(value: string | number | undefined): string {
  return typeof value === 'number' ? languageRules(language.value).number.format(value) : (value ?? '');
}

const rulesCache: Record<string, { plural: Intl.PluralRules; number: Intl.NumberFormat }> = {};

/** How a language counts and writes numbers; dear to make. */
const languageRules = (language: string) => (rulesCache[language] ??= { plural: new Intl.PluralRules(language), number: new Intl.NumberFormat(language) });

// Numbers, money and dates in the person's language. Dates are no finer than their precision.
import { language, t } from './i18n';
import type { Intervention } from './plan';

const cache = new Map<string, unknown>();

/** Creating a formatter is slow; one of each kind is cached per language. */
function formatter<T>(kind: string, make: (language: string) => T): T {
  const key = `${language.value}|${kind}`;
  if (!cache.has(key)) cache.set(key, make(language.value));
  return cache.get(key) as T;
}

export function formatNumber(value: number): string {
  return formatter('number', (lang) => new Intl.NumberFormat(lang, { maximumFractionDigits: 6 })).format(value);
}

export function formatPercent(share: number): string {
  return formatter('percent', (lang) => new Intl.NumberFormat(lang, { style: 'percent', maximumFractionDigits: 0 })).format(share);
}

/** The official languages of the European Union, for names in several languages. */
export const languagesOfEurope = 'bg cs da de el en es et fi fr ga hr hu it lt lv mt nl pl pt ro sk sl sv'.split(' ');

/** The name of a language in the person's language. */
export function languageName(code: string): string {
  return formatter('languages', (lang) => new Intl.DisplayNames(lang, { type: 'language' })).of(code) ?? code;
}

/** A short amount for lists and totals. */
export function formatEuros(cents: number): string {
  return formatter(
    'short',
    (lang) => new Intl.NumberFormat(lang, { style: 'currency', currency: 'EUR', notation: 'compact', maximumSignificantDigits: 3 }),
  ).format(cents / 100);
}

/** The amount as entered, with cents where it has some. */
export function formatExactEuros(cents: number): string {
  const digits = cents % 100 === 0 ? 0 : 2;
  return formatter(
    `exact${digits}`,
    (lang) => new Intl.NumberFormat(lang, { style: 'currency', currency: 'EUR', minimumFractionDigits: digits, maximumFractionDigits: digits }),
  ).format(cents / 100);
}

/** A distance in metres, from a kilometre on in kilometres. */
export function formatDistance(metres: number): string {
  return metres < 1000 ? formatMeasure(metres, 'meter', 'm') : formatMeasure(metres / 1000, 'kilometer', 'km');
}

/** An area in square metres, from a hectare on in hectares, from a square kilometre on in square kilometres. */
export function formatArea(squareMetres: number): string {
  if (squareMetres < 10_000) return `${formatRounded(squareMetres)} m²`;
  return squareMetres < 1_000_000 ? formatMeasure(squareMetres / 10_000, 'hectare', 'ha') : `${formatRounded(squareMetres / 1_000_000)} km²`;
}

function formatMeasure(value: number, unit: 'meter' | 'kilometer' | 'hectare', kind: string): string {
  return formatter(kind, (lang) => new Intl.NumberFormat(lang, { style: 'unit', unit, maximumSignificantDigits: 4 })).format(value);
}

const formatRounded = (value: number) => formatter('rounded', (lang) => new Intl.NumberFormat(lang, { maximumSignificantDigits: 4 })).format(value);

/** Precisions that formats of the platform do not know. */
type PartOfYear = 'season' | 'quarter' | 'half_year';
export type DatePrecision = 'day' | 'month' | 'year' | PartOfYear;

const DATE_FORMATS: Record<Exclude<DatePrecision, PartOfYear>, Intl.DateTimeFormatOptions> = {
  day: { day: 'numeric', month: 'short', year: 'numeric' },
  month: { month: 'short', year: 'numeric' },
  year: { year: 'numeric' },
};

const dateFormatter = (precision: Exclude<DatePrecision, PartOfYear>) =>
  formatter(precision, (lang) => new Intl.DateTimeFormat(lang, { ...DATE_FORMATS[precision], timeZone: 'UTC' }));

/** A month, counted from the year 0, in words. */
export function formatMonth(month: number): string {
  const format = formatter('monthYear', (lang) => new Intl.DateTimeFormat(lang, { month: 'long', year: 'numeric', timeZone: 'UTC' }));
  return format.format(new Date(Date.UTC(Math.floor(month / 12), month % 12, 15)));
}

export function formatDay(iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? iso : dateFormatter('day').format(date);
}

/** The time of a day in the person's time zone. */
export function formatTime(at: number): string {
  return formatter('time', (lang) => new Intl.DateTimeFormat(lang, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })).format(new Date(at));
}

/** Date and time in the person's time zone. */
export function formatDayAndHour(iso: string | number): string {
  const date = new Date(iso);
  const format = formatter(
    'dayAndHour',
    (lang) => new Intl.DateTimeFormat(lang, { ...DATE_FORMATS.day, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }),
  );
  return Number.isNaN(date.getTime()) ? String(iso) : format.format(date);
}

/** The period of an intervention, no finer than its dates are known. */
export function formatPeriod(one: Pick<Intervention, 'start' | 'end' | 'date_precision'>): string {
  const known = ['day', 'month', 'season', 'quarter', 'half_year', 'year'] as const;
  const precision = known.find((name) => name === one.date_precision) ?? 'year';
  if (!one.start && !one.end) return t('date.none');
  if (!one.end) return t('date.from', { date: formatDate(one.start!, precision) });
  if (!one.start) return t('date.until', { date: formatDate(one.end, precision) });
  if (isPartOfYear(precision)) {
    const [start, end] = [formatDate(one.start, precision), formatDate(one.end, precision)];
    return start === end ? start : t('date.range', { start, end });
  }
  return dateFormatter(precision).formatRange(new Date(one.start), new Date(one.end));
}

const SEASONS = ['date.winter', 'date.spring', 'date.summer', 'date.autumn'] as const;

const isPartOfYear = (precision: DatePrecision): precision is PartOfYear => precision === 'season' || precision === 'quarter' || precision === 'half_year';

/** A date, no finer than it is known. */
export function formatDate(iso: string, precision: DatePrecision): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  if (!isPartOfYear(precision)) return dateFormatter(precision).format(date);
  const [month, year] = [date.getUTCMonth(), date.getUTCFullYear()];
  if (precision === 'quarter') return t('date.quarter', { n: Math.floor(month / 3) + 1, year });
  if (precision === 'half_year') return t('date.halfYear', { n: Math.floor(month / 6) + 1, year });
  return t(SEASONS[Math.floor(((month + 1) % 12) / 3)]!, { year });
}

// Sizes, distances and months in words, and names of what a query is about.
import { language, t, type MessageKey } from '../i18n';
import { formatNumber } from '../format';
import { inLanguage } from '../model';
import { cityName, model, plan, titleOf } from '../state';
import { codeLabel, fieldName } from '../ui/labels';
import type { ResultFeature } from './processResult';
import { joinMonths } from './monthSpans';

const formatUnit = (value: number, name: 'hectare' | 'meter' | 'kilometer' | 'minute', digits: number) =>
  new Intl.NumberFormat(language.value, { style: 'unit', unit: name, unitDisplay: name === 'minute' ? 'long' : 'short', maximumFractionDigits: digits }).format(
    value,
  );

/** An area in rounded units. */
export function areaText(m2: number): string {
  return m2 >= 10_000 ? formatUnit(m2 / 10_000, 'hectare', m2 >= 1_000_000 ? 0 : 1) : `${formatNumber(Math.round(m2))} m²`;
}

export function distanceText(m: number): string {
  return m >= 1000 ? formatUnit(m / 1000, 'kilometer', 2) : formatUnit(Math.round(m), 'meter', 0);
}

export const minutesText = (value: number) => formatUnit(value, 'minute', 1);

/** A share in whole per cent; small ones with one decimal. */
export function percentText(value: number): string {
  return new Intl.NumberFormat(language.value, { style: 'percent', maximumFractionDigits: Math.abs(value) < 10 && value % 1 ? 1 : 0 }).format(value / 100);
}

export function pointsText(value: number): string {
  return new Intl.NumberFormat(language.value, { maximumFractionDigits: 1, signDisplay: 'exceptZero' }).format(value);
}

/** Months such as `2025-09` in words; consecutive ones as a range. */
export function monthsText(list: string[]): string {
  const format = new Intl.DateTimeFormat(language.value, { month: 'short', year: 'numeric', timeZone: 'UTC' });
  return joinMonths(list)
    .map(([from, to]) => (from === to ? format.format(middleOfMonth(from)) : format.formatRange(middleOfMonth(from), middleOfMonth(to))))
    .join(', ');
}

const middleOfMonth = (month: string) => new Date(`${month}-15T00:00:00Z`);

/** The name of an area, in English on the English page. */
export function areaName(id: string): string {
  const one = plan.value?.areas.find((area) => area.id === id);
  return (language.value === 'en' && one?.name_en) || one?.name || id;
}

/** The name of a group's value. */
export function groupValueName(group: string, value: string): string {
  if (!value) return t('value.unknown');
  if (group === 'city') return cityName(plan.value?.cities.get(value));
  if (group === 'area') return areaName(value);
  if (group === 'status' || group === 'year') return group === 'year' ? value : codeLabel('status', value);
  const vocabulary = { objectives: 'objective', functions: 'function', kind: 'intervention_kind', types: 'intervention_type', pillars: 'pillar' }[group];
  const name = codeLabel(vocabulary ?? group, value);
  return group === 'objectives' ? `${value} ${name}` : name;
}

const DIMENSION_NAMES: Record<string, MessageKey> = {
  area: 'by.area',
  year: 'by.year',
  segment: 'by.segment',
  measures: 'by.measures',
  interventions: 'list.label',
  eu_share: 'sum.eu',
  ground: 'weight.ground',
};

/** The name of a dimension: a field of interventions, or one that only queries have. */
export const dimensionName = (id: string): string => (DIMENSION_NAMES[id] ? t(DIMENSION_NAMES[id]) : fieldName(id));

const PRESET_NAMES: Record<string, MessageKey> = { RCO114: 'preset.RCO114', RCO026: 'preset.RCO026', RCO058: 'preset.RCO058', RCO074: 'preset.RCO074' };
export const presetIds = Object.keys(PRESET_NAMES);
export const presetName = (id: string): string => (PRESET_NAMES[id] ? t(PRESET_NAMES[id]) : id);

export const measureName = (id: string): string => t(id === 'soft' ? 'measure.soft' : 'measure.hard');

/** The name of a result feature of any collection. */
export function resultFeatureName({ id, properties: p }: ResultFeature): { text: string; language?: string } {
  const one = plan.value?.byId.get(String(id));
  if (one) return titleOf(one);
  const names = p.names as Record<string, string> | undefined;
  const name = inLanguage(names, language.value) ?? p.name ?? p.street;
  const part = p.from && p.to ? ` (${String(p.from)} – ${String(p.to)})` : '';
  if (name) return { text: `${String(name)}${part}` };
  return { text: p.class ? codeLabel('facility_class', String(p.class)) : String(id) };
}

export function searchedName(what: string): string {
  if (what.startsWith('class-')) return codeLabel('facility_class', what.slice(6));
  const names = { interventions: t('list.label'), facilities: t('what.facilities'), segments: t('what.segments'), calm: t('what.calm') };
  return names[what as keyof typeof names] ?? what;
}

/** Facility classes in the vocabulary's order. */
export function facilityClasses(): string[] {
  return model.value?.vocabularies.facility_class?.concepts.map(({ id }) => id) ?? [];
}

// All state of the page. Shareable state is also in the address, and Back goes through it. Panels and map read these
// signals and change them only by the actions below.
import { batch, computed, effect, signal } from '@preact/signals';
import type { Map as MapView } from 'maplibre-gl';
import { currentQuery, comparedSubjects, draggedArea } from './state/query';
import { formatAddress, parseAddress, type PageAddress, type PlanLayout, type TableSorting, type PanelTab, type ThemeChoice, type MapCamera } from './address';
import { loadCollections, loadModel, loadPlan } from './api';
import { BASE_LAYERS, baseLayerIds } from './baseMap';
import type { BoundingBox } from './geometry';
import { language, preferredLanguage, loadLanguage, t } from './i18n';
import { planAt, type MonthNumber } from './planMonths';
import { DETAIL_ZOOM } from './map/zoomLevels';
import type { PlanModel } from './model';
import {
  matchingInterventions,
  NO_FILTER,
  countPerYear,
  sortInterventions,
  sumInterventions,
  withoutPart,
  type PlanCity,
  type PlanFilter,
  type PlanFilterPart,
  type Intervention,
  type ListOrder,
  type PlanData,
} from './plan';
import type { ColourSchemeId } from './colourSchemes';
import { statusesOf, type StatusGroup } from './symbology';

/** Where the camera should go. A new object is a new request. */
export type CameraGoal = { to: 'all' } | { to: 'box'; box: BoundingBox } | { to: 'city' | 'item'; id: string } | { to: 'view'; view: MapCamera };

const initialAddress = parseAddress(location.search);

export const plan = signal<PlanData | null>(null);
export const model = signal<PlanModel | null>(null);
export const loadFailed = signal(false);

export const filter = signal<PlanFilter>(initialAddress.filter);
export const selected = signal(initialAddress.selected);
export const hovered = signal('');
export const tab = signal<PanelTab>(initialAddress.tab);
export const order = signal<ListOrder>(initialAddress.order);
export const sorting = signal<TableSorting>(initialAddress.sorting);
/** The layout of the results. */
export const planLayout = signal<PlanLayout>(initialAddress.reading);
/** The colour scheme. */
export const colour = signal<ColourSchemeId>(initialAddress.colour);
/** The month at which the plan is shown; null for the current state. */
export const month = signal<MonthNumber | null>(initialAddress.month);
export const languageChoice = signal(initialAddress.language || readSetting('language'));
export const themeChoice = signal<ThemeChoice>(initialAddress.theme === 'system' ? parseTheme(readSetting('theme')) : initialAddress.theme);
export const camera = signal<MapCamera | null>(initialAddress.view);
/** The second map, as `state/secondMap.ts` writes it; empty without one. */
export const secondMapText = signal(initialAddress.beside);
/** True while the page is laid out for printing. */
export const printing = signal(initialAddress.print);
/** True in a frame of another page. */
export const embedded = initialAddress.embed;
export const cameraGoal = signal<CameraGoal | null>(null);
/** The phone's bottom sheet: full or half height. */
export const sheetFull = signal(false);
/** The map once it is open; null without WebGL. */
export const mainMap = signal<MapView | null>(null);
export const mapMissing = signal(false);
/** Announced to screen readers. */
export const announcement = signal('');

const systemDark = signal(matchMedia('(prefers-color-scheme: dark)').matches);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', (event) => (systemDark.value = event.matches));
export const dark = computed(() => !printing.value && (themeChoice.value === 'system' ? systemDark.value : themeChoice.value === 'dark'));

/** The plan at the chosen month, or its current state. */
export const shownPlan = computed(() => (plan.value && month.value !== null ? planAt(plan.value, month.value) : plan.value));
export const foundInterventions = computed(() => (shownPlan.value ? matchingInterventions(shownPlan.value, filter.value) : []));
export const foundRows = computed(() => sortInterventions(foundInterventions.value, order.value, (one) => titleOf(one).text, language.value));
export const totals = computed(() => sumInterventions(foundInterventions.value));
export const selectedIntervention = computed(() => plan.value?.byId.get(selected.value) ?? null);
/** The number of results per status group, regardless of the filtered statuses. */
export const groupCounts = computed(() => {
  if (!shownPlan.value) return new Map<StatusGroup, number>();
  return sumInterventions(matchingInterventions(shownPlan.value, withoutPart(filter.value, 'statuses'))).byGroup;
});
/** Interventions per year in the chosen city, regardless of other filters, so that the bars keep their place. */
export const yearCounts = computed(() => {
  if (!plan.value) return [];
  return countPerYear(matchingInterventions(plan.value, { ...filter.value, from: null, to: null }));
});
/** What the map shows: the list's filter without the city, so that neighbours stay visible. Null for everything. */
export const shownOnMap = computed(() => {
  if (!plan.value || !shownPlan.value) return null;
  const list = matchingInterventions(shownPlan.value, { ...filter.value, city: '' });
  return list.length === plan.value.interventions.length && month.value === null ? null : list;
});

export const detailVisible = computed(() => (camera.value?.zoom ?? 0) >= DETAIL_ZOOM);

/** The title in the person's language, else in English or its own; `language` says which. */
export function titleOf(one: Intervention): { text: string; language: string } {
  const own = one.language ?? 'en';
  if (own === language.value || !one.title_en) return { text: one.title, language: own };
  return { text: one.title_en, language: 'en' };
}

export function cityName(city: PlanCity | undefined): string {
  if (!city) return '';
  return city.names?.[language.value] ?? (language.value === 'en' ? city.name_en : undefined) ?? city.name;
}

// Actions

export function selectCity(id: string): void {
  batch(() => {
    filter.value = { ...filter.value, city: id };
    selected.value = '';
    cameraGoal.value = id ? { to: 'city', id } : { to: 'all' };
  });
}

/** Goes to a city found by its name, and clears the search text. */
export function selectFoundCity(id: string): void {
  batch(() => {
    setSearchText('');
    selectCity(id);
  });
}

export function selectIntervention(id: string, move: boolean): void {
  const one = plan.value?.byId.get(id);
  batch(() => {
    selected.value = id;
    if (one && filter.value.city && filter.value.city !== one.city) filter.value = { ...filter.value, city: one.city };
    if (one && move) cameraGoal.value = { to: 'item', id };
  });
}

export function clearSelection(): void {
  selected.value = '';
}

export function setSearchText(text: string): void {
  filter.value = { ...filter.value, text };
}

export function setYears(from: number | null, to: number | null): void {
  const swap = from !== null && to !== null && from > to;
  filter.value = { ...filter.value, from: swap ? to : from, to: swap ? from : to };
}

export function toggleFilterValue(part: 'statuses' | 'objectives' | 'functions', id: string): void {
  const next = new Set(filter.value[part]);
  if (!next.delete(id)) next.add(id);
  filter.value = { ...filter.value, [part]: next };
}

/** A group is selected when all its statuses are; a partly selected group is completed first. */
export function toggleGroup(group: StatusGroup): void {
  const next = new Set(filter.value.statuses);
  const members = statusesOf(group);
  if (members.every((status) => next.has(status))) members.forEach((status) => next.delete(status));
  else members.forEach((status) => next.add(status));
  filter.value = { ...filter.value, statuses: next };
}

export function clearFilterPart(part: PlanFilterPart): void {
  const wider = withoutPart(filter.value, part);
  batch(() => {
    filter.value = wider;
    if (part === 'city') cameraGoal.value = { to: 'all' };
  });
}

export function clearFilters(): void {
  filter.value = { ...NO_FILTER, city: filter.value.city };
}

export function setLanguage(wanted: string): void {
  languageChoice.value = wanted;
  writeSetting('language', wanted);
}

export function setTheme(wanted: ThemeChoice): void {
  themeChoice.value = wanted;
  writeSetting('theme', wanted === 'system' ? '' : wanted);
}

export async function loadAll(): Promise<void> {
  loadFailed.value = false;
  try {
    const [loadedModel, loadedPlan, collections] = await Promise.all([loadModel(), loadPlan(), loadCollections()]);
    batch(() => {
      baseLayerIds.value = BASE_LAYERS.filter((id) => collections.includes(id));
      model.value = loadedModel;
      plan.value = loadedPlan;
    });
  } catch (error) {
    console.warn(error);
    loadFailed.value = true;
  }
}

/** Connects address, language and theme to the signals. Called once. */
export function connectState(): void {
  effect(() => void loadLanguage(preferredLanguage(languageChoice.value)));
  effect(() => {
    document.documentElement.style.colorScheme = printing.value ? 'light' : themeChoice.value === 'system' ? 'light dark' : themeChoice.value;
    document.documentElement.classList.toggle('on-paper', printing.value);
  });
  effect(() => {
    const subject = selectedIntervention.value ? titleOf(selectedIntervention.value).text : cityName(plan.value?.cities.get(filter.value.city));
    document.title = [subject, t('app.title')].filter(Boolean).join(' · ');
  });
  let before = initialAddress;
  effect(() => {
    const now = currentAddress();
    const text = formatAddress(now);
    if (text === location.search) return;
    const to = text || location.pathname;
    if (isStep(before, now)) history.pushState(null, '', to);
    else history.replaceState(null, '', to);
    before = now;
  });
  addEventListener('popstate', () => {
    const to = parseAddress(location.search);
    before = to;
    batch(() => {
      filter.value = to.filter;
      selected.value = to.selected;
      tab.value = to.tab;
      order.value = to.order;
      sorting.value = to.sorting;
      planLayout.value = to.reading;
      colour.value = to.colour;
      month.value = to.month;
      currentQuery.value = to.query;
      comparedSubjects.value = to.comparedSubjects;
      draggedArea.value = null;
      if (to.language) languageChoice.value = to.language;
      if (to.theme !== 'system') themeChoice.value = to.theme;
      secondMapText.value = to.beside;
      printing.value = to.print;
      camera.value = to.view;
      cameraGoal.value = to.view ? { to: 'view', view: to.view } : to.filter.city ? { to: 'city', id: to.filter.city } : { to: 'all' };
    });
  });
}

function currentAddress(): PageAddress {
  return {
    filter: filter.value,
    selected: selected.value,
    tab: tab.value,
    order: order.value,
    sorting: sorting.value,
    reading: planLayout.value,
    colour: colour.value,
    month: month.value,
    query: currentQuery.value,
    comparedSubjects: comparedSubjects.value,
    language: languageChoice.value,
    theme: themeChoice.value,
    view: camera.value,
    beside: secondMapText.value,
    print: printing.value,
    embed: embedded,
  };
}

/**
 * Whether a change is a step that Back undoes. Moving the map or the month, further typing, query options, language and
 * theme only replace the address.
 */
function isStep(before: PageAddress, now: PageAddress): boolean {
  const settled = (one: PageAddress) =>
    formatAddress({
      ...one,
      filter: { ...one.filter, text: one.filter.text ? 'x' : '' },
      month: null,
      query: { ...one.query, options: {} },
      language: '',
      theme: 'system',
      view: null,
    });
  return settled(before) !== settled(now);
}

function parseTheme(text: string): ThemeChoice {
  return text === 'light' || text === 'dark' ? text : 'system';
}

export function readSetting(name: string): string {
  try {
    return localStorage.getItem(`cityheart.${name}`) ?? '';
  } catch {
    return ''; // storage may be forbidden; the address still works
  }
}

export function writeSetting(name: string, value: string): void {
  try {
    localStorage.setItem(`cityheart.${name}`, value);
  } catch {
    // storage may be forbidden; the address still works
  }
}

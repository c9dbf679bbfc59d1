// The page's requests to its server. Addresses are relative to the page, so that a path prefix works.
import type { Feature, FeatureCollection, Geometry } from 'geojson';
import { foldText } from './textSearch';
import { boundingBox, joinBoxes } from './geometry';
import type { FieldSchema, PlanModel, CodeVocabulary } from './model';
import { toCents } from './money';
import type { PlanArea, PlanCity, Intervention, PlanPartner, PlanData } from './plan';
import { groupOf } from './symbology';
import { noteCachedResponse } from './state/offlineCache';

export const address = (path: string) => new URL(path, document.baseURI).href;

/** Reads the body of a response; null where that fails, as when the connection breaks off. */
export const readJson = async <T>(response: Response): Promise<T | null> => (await response.json().catch(() => null)) as T | null;

/** A request without a usable response. */
export class RequestError extends Error {
  constructor(
    readonly what: string,
    readonly status: number,
  ) {
    super(`${what}: ${status}`);
  }
}

/** The oldest change-feed revision among the responses so far; a feed from there on misses nothing. */
export let feedRevision: number | null = null;

async function fetchJson<T>(path: string): Promise<T> {
  const response = await fetch(address(path)).catch(() => null);
  if (!response?.ok) throw new RequestError(path, response?.status ?? 0);
  noteCachedResponse(response);
  const revision = response.headers.get('cityheart-news');
  if (revision) feedRevision = Math.min(feedRevision ?? Infinity, Number(revision));
  return (await response.json()) as T;
}

type ItemProperties = Record<string, unknown>;
type ItemPage = FeatureCollection<Geometry | null, ItemProperties> & { links?: { rel: string; href: string }[] };
export type FeatureItem = Feature<Geometry | null, ItemProperties>;

/** Loads all items of a collection, page by page. */
export async function loadItems(collection: string): Promise<FeatureItem[]> {
  const all: FeatureItem[] = [];
  let next: string | undefined = `api/collections/${collection}/items?limit=10000&f=json`;
  while (next) {
    const page: ItemPage = await fetchJson<ItemPage>(next);
    all.push(...page.features);
    next = page.features.length ? page.links?.find((link) => link.rel === 'next')?.href : undefined;
  }
  return all;
}

export async function loadModel(): Promise<PlanModel> {
  const [schema, vocabularies] = await Promise.all([
    fetchJson<FieldSchema>('api/collections/interventions/schema?f=json'),
    fetchJson<Record<string, CodeVocabulary>>('api/vocabularies?f=json'),
  ]);
  return { schema, vocabularies };
}

/** Ids of the server's collections. */
export async function loadCollections(): Promise<string[]> {
  const { collections } = await fetchJson<{ collections: { id: string }[] }>('api/collections?f=json');
  return collections.map(({ id }) => id);
}

export async function loadPlan(): Promise<PlanData> {
  const [partners, cities, areas, interventions, indicators] = await Promise.all([
    loadItems('partners'),
    loadItems('cities'),
    loadItems('areas'),
    loadItems('interventions'),
    loadItems('indicators'),
  ]);
  return assemblePlan(partners, cities, areas, interventions, indicators);
}

export function assemblePlan(
  partners: FeatureItem[],
  cities: FeatureItem[],
  areas: FeatureItem[],
  interventions: FeatureItem[],
  indicators: FeatureItem[],
): PlanData {
  const areaList = areas.map(toArea);
  const cityMap = new Map(cities.map((item) => [String(item.id), toCity(item)]));
  for (const one of cityMap.values()) one.box = joinBoxes(areaList.filter((a) => a.city === one.id).map((a) => boundingBox(a.geometry)));
  const interventionList = interventions.map((item) => toIntervention(item, cityMap));
  return {
    partners: partners.map((item) => toPartner(item, [...cityMap.values()])),
    cities: cityMap,
    areas: areaList,
    interventions: interventionList,
    byId: new Map(interventionList.map((one) => [one.id, one])),
    indicators: new Map(indicators.map(({ id, properties: p }) => [String(id), { en: textOf(p.name), ...(p.names as object | null) }])),
  };
}

const textOf = (value: unknown) => (value === null || value === undefined ? '' : String(value));
const optionalText = (value: unknown) => textOf(value) || undefined;
const textList = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

function toPartner({ id, properties: p }: FeatureItem, cities: PlanCity[]): PlanPartner {
  return {
    id: String(id),
    name: textOf(p.name),
    country: textOf(p.country),
    lead: p.lead === true,
    cities: cities.filter((one) => one.partner === String(id)),
  };
}

function toCity({ id, geometry, properties: p }: FeatureItem): PlanCity {
  const names = (p.names ?? {}) as Record<string, string>;
  return {
    id: String(id),
    name: textOf(p.name),
    name_en: optionalText(p.name_en),
    names,
    country: textOf(p.country),
    grid: textOf(p.storage_crs),
    partner: textOf(p.partner),
    point: geometry?.type === 'Point' ? geometry.coordinates : null,
    box: null,
    folded: foldText([p.name, p.name_en, ...Object.values(names)].map(textOf).join(' ')),
  };
}

function toArea({ id, geometry, properties: p }: FeatureItem): PlanArea {
  return { id: String(id), name: textOf(p.name), name_en: optionalText(p.name_en), city: textOf(p.city), schematic: p.schematic === true, geometry };
}

export function toIntervention({ id, geometry, properties: p }: FeatureItem, cities: Map<string, PlanCity>): Intervention {
  const searched = [p.title, p.title_en, p.place, p.summary, p.summary_en, p.lead, ...textList(p.partners), p.code];
  const status = textOf(p.status);
  return {
    id: String(id),
    title: textOf(p.title),
    title_en: optionalText(p.title_en),
    language: optionalText(p.language),
    city: textOf(p.city),
    status,
    group: groupOf(status),
    functions: textList(p.functions),
    objectives: textList(p.objectives),
    start: optionalText(p.start),
    end: optionalText(p.end),
    date_precision: optionalText(p.date_precision),
    cost: toCents(p.cost as number),
    euShare: toCents(p.eu_share as number),
    costScope: textOf(p.cost_scope) || 'unknown',
    geometry,
    box: boundingBox(geometry),
    properties: p,
    folded: `${foldText(searched.map(textOf).join(' '))} ${cities.get(textOf(p.city))?.folded ?? ''}`,
  };
}

// Everything this page asks of its server. Addresses are relative to the page, so a path prefix works.
import type { Feature, FeatureCollection, Geometry } from 'geojson';
import { fold } from './textSearch';
import { boxOf, join } from './geometry';
import type { FieldSchema, PlanModel, CodeVocabulary } from './model';
import { cents } from './money';
import type { PlanArea, PlanCity, Intervention, PlanPartner, PlanData } from './plan';
import { groupOf } from './symbology';
import { noteKept } from './state/offlineCache';

export const address = (path: string) => new URL(path, document.baseURI).href;

/** Why an answer did not come, for the person who waits for it. */
export class RequestError extends Error {
  constructor(
    readonly what: string,
    readonly status: number,
  ) {
    super(`${what}: ${status}`);
  }
}

/** The number of the last news that everything read so far holds: who listens from it on misses nothing. */
export let newsRead: number | null = null;

async function ask<T>(path: string): Promise<T> {
  const response = await fetch(address(path)).catch(() => null);
  if (!response?.ok) throw new RequestError(path, response?.status ?? 0);
  noteKept(response);
  const news = response.headers.get('cityheart-news');
  if (news) newsRead = Math.min(newsRead ?? Infinity, Number(news));
  return (await response.json()) as T;
}

type ItemProperties = Record<string, unknown>;
type ItemPage = FeatureCollection<Geometry | null, ItemProperties> & { links?: { rel: string; href: string }[] };
export type FeatureItem = Feature<Geometry | null, ItemProperties>;

/** All items of a collection, page by page. */
export async function items(collection: string): Promise<FeatureItem[]> {
  const all: FeatureItem[] = [];
  let next: string | undefined = `api/collections/${collection}/items?limit=10000&f=json`;
  while (next) {
    const page: ItemPage = await ask<ItemPage>(next);
    all.push(...page.features);
    next = page.features.length ? page.links?.find((link) => link.rel === 'next')?.href : undefined;
  }
  return all;
}

export async function loadModel(): Promise<PlanModel> {
  const [schema, vocabularies] = await Promise.all([
    ask<FieldSchema>('api/collections/interventions/schema?f=json'),
    ask<Record<string, CodeVocabulary>>('api/vocabularies?f=json'),
  ]);
  return { schema, vocabularies };
}

/** Ids of the collections there are. */
export async function loadCollections(): Promise<string[]> {
  const { collections } = await ask<{ collections: { id: string }[] }>('api/collections?f=json');
  return collections.map(({ id }) => id);
}

export async function loadPlan(): Promise<PlanData> {
  const [partners, cities, areas, interventions, indicators] = await Promise.all([
    items('partners'),
    items('cities'),
    items('areas'),
    items('interventions'),
    items('indicators'),
  ]);
  return assemble(partners, cities, areas, interventions, indicators);
}

export function assemble(
  partners: FeatureItem[],
  cities: FeatureItem[],
  areas: FeatureItem[],
  interventions: FeatureItem[],
  indicators: FeatureItem[],
): PlanData {
  const areaList = areas.map(area);
  const cityMap = new Map(cities.map((item) => [String(item.id), city(item)]));
  for (const one of cityMap.values()) one.box = join(areaList.filter((a) => a.city === one.id).map((a) => boxOf(a.geometry)));
  const interventionList = interventions.map((item) => intervention(item, cityMap));
  return {
    partners: partners.map((item) => partner(item, [...cityMap.values()])),
    cities: cityMap,
    areas: areaList,
    interventions: interventionList,
    byId: new Map(interventionList.map((one) => [one.id, one])),
    indicators: new Map(indicators.map(({ id, properties: p }) => [String(id), { en: text(p.name), ...(p.names as object | null) }])),
  };
}

const text = (value: unknown) => (value === null || value === undefined ? '' : String(value));
const optional = (value: unknown) => text(value) || undefined;
const list = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

function partner({ id, properties: p }: FeatureItem, cities: PlanCity[]): PlanPartner {
  return {
    id: String(id),
    name: text(p.name),
    country: text(p.country),
    lead: p.lead === true,
    cities: cities.filter((one) => one.partner === String(id)),
  };
}

function city({ id, geometry, properties: p }: FeatureItem): PlanCity {
  const names = (p.names ?? {}) as Record<string, string>;
  return {
    id: String(id),
    name: text(p.name),
    name_en: optional(p.name_en),
    names,
    country: text(p.country),
    partner: text(p.partner),
    point: geometry?.type === 'Point' ? geometry.coordinates : null,
    box: null,
    folded: fold([p.name, p.name_en, ...Object.values(names)].map(text).join(' ')),
  };
}

function area({ id, geometry, properties: p }: FeatureItem): PlanArea {
  return { id: String(id), name: text(p.name), name_en: optional(p.name_en), city: text(p.city), schematic: p.schematic === true, geometry };
}

export function intervention({ id, geometry, properties: p }: FeatureItem, cities: Map<string, PlanCity>): Intervention {
  const searched = [p.title, p.title_en, p.place, p.summary, p.summary_en, p.lead, ...list(p.partners), p.code];
  const status = text(p.status);
  return {
    id: String(id),
    title: text(p.title),
    title_en: optional(p.title_en),
    language: optional(p.language),
    city: text(p.city),
    status,
    group: groupOf(status),
    functions: list(p.functions),
    objectives: list(p.objectives),
    start: optional(p.start),
    end: optional(p.end),
    date_precision: optional(p.date_precision),
    cost: cents(p.cost as number),
    euShare: cents(p.eu_share as number),
    costScope: text(p.cost_scope) || 'unknown',
    geometry,
    box: boxOf(geometry),
    properties: p,
    folded: `${fold(searched.map(text).join(' '))} ${cities.get(text(p.city))?.folded ?? ''}`,
  };
}

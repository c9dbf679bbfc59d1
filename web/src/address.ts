// The shareable state as the query string of the address, and back. Unknown or broken values are ignored, so that old
// links still open.
import { formatQuery, parseQuery, parseSubjects, type SpatialQuery, type CompareSubject } from './ask/spatialQuery';
import { monthText, parseMonth, type MonthNumber } from './planMonths';
import type { PlanFilter, ListOrder } from './plan';
import { SCHEMES, type ColourSchemeId } from './colourSchemes';

export const TABS = ['plan', 'ask', 'compare', 'table'] as const;
export type PanelTab = (typeof TABS)[number];
/** The table's sort column, with a minus before it for descending order. */
export type TableSorting = string;
/** The layout of the results: list, timeline, money. */
export type PlanLayout = 'list' | 'time' | 'money';
export type ThemeChoice = 'system' | 'light' | 'dark';

export interface MapCamera {
  lon: number;
  lat: number;
  zoom: number;
}

export interface PageAddress {
  filter: PlanFilter;
  selected: string;
  tab: PanelTab;
  order: ListOrder;
  sorting: TableSorting;
  reading: PlanLayout;
  colour: ColourSchemeId;
  /** The month at which the plan is shown; null for the current state. */
  month: MonthNumber | null;
  query: SpatialQuery;
  comparedSubjects: CompareSubject[];
  /** Empty for the person's own setting. */
  language: string;
  theme: ThemeChoice;
  view: MapCamera | null;
  /** The second map, as `state/secondMap.ts` writes it; empty without one. */
  beside: string;
  /** The page laid out for printing. */
  print: boolean;
  /** The page in a frame of another page. */
  embed: boolean;
}

const ORDERS: readonly string[] = ['status', 'start', 'cost', 'title'];

export function parseAddress(search: string): PageAddress {
  const params = new URLSearchParams(search);
  const set = (name: string) => new Set((params.get(name) ?? '').split(',').filter(Boolean));
  const text = (name: string) => params.get(name) ?? '';
  const order = text('order');
  const theme = text('theme');
  return {
    filter: {
      city: text('city'),
      text: text('q'),
      statuses: set('status'),
      objectives: set('objective'),
      functions: set('function'),
      from: parseYear(text('from')),
      to: parseYear(text('to')),
    },
    selected: text('id'),
    tab: TABS.find((id) => id === text('tab')) ?? 'plan',
    order: ORDERS.includes(order) ? (order as ListOrder) : 'status',
    sorting: text('sort') || 'title',
    reading: text('as') === 'time' || text('as') === 'money' ? (text('as') as PlanLayout) : 'list',
    colour: SCHEMES.find((id) => id === text('colour')) ?? 'status',
    month: parseMonth(text('at')),
    query: parseQuery(params),
    comparedSubjects: parseSubjects(params),
    language: text('lang'),
    theme: theme === 'light' || theme === 'dark' ? theme : 'system',
    view: parseCamera(text('map')),
    beside: text('beside'),
    print: text('print') === '1',
    embed: text('embed') === '1',
  };
}

export function formatAddress(address: PageAddress): string {
  const { filter } = address;
  const parts: [string, string][] = [
    ['city', filter.city],
    ['id', address.selected],
    ['q', filter.text],
    ['status', [...filter.statuses].join()],
    ['objective', [...filter.objectives].join()],
    ['function', [...filter.functions].join()],
    ['from', filter.from === null ? '' : String(filter.from)],
    ['to', filter.to === null ? '' : String(filter.to)],
    ['order', address.order === 'status' ? '' : address.order],
    ['sort', address.sorting === 'title' ? '' : address.sorting],
    ['as', address.reading === 'list' ? '' : address.reading],
    ['colour', address.colour === 'status' ? '' : address.colour],
    ['at', address.month === null ? '' : monthText(address.month)],
    ['tab', address.tab === 'plan' ? '' : address.tab],
    ...formatQuery(address.query),
    ['compare', address.comparedSubjects.join()],
    ['lang', address.language],
    ['theme', address.theme === 'system' ? '' : address.theme],
    ['beside', address.beside],
    ['print', address.print ? '1' : ''],
    ['embed', address.embed ? '1' : ''],
    ['map', address.view ? formatCamera(address.view) : ''],
  ];
  const said = parts.filter(([, value]) => value !== '');
  return said.length ? `?${said.map(([name, value]) => `${name}=${encodeReadably(value)}`).join('&')}` : '';
}

/**
 * Encodes a value but keeps commas, colons and slashes, which a query string may contain, so that links stay readable.
 */
function encodeReadably(value: string): string {
  return encodeURIComponent(value).replace(/%2C/g, ',').replace(/%2F/g, '/').replace(/%3A/g, ':');
}

function formatCamera({ zoom, lon, lat }: MapCamera): string {
  return `${zoom.toFixed(2)}/${lat.toFixed(5)}/${lon.toFixed(5)}`;
}

function parseCamera(text: string): MapCamera | null {
  const [zoom, lat, lon, ...rest] = text.split('/').map(Number);
  const numbers = [zoom, lat, lon];
  if (!text || rest.length || numbers.some((n) => n === undefined || !Number.isFinite(n))) return null;
  return { zoom: clamp(zoom!, 0, 22), lat: clamp(lat!, -85, 85), lon: clamp(lon!, -180, 180) };
}

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));

function parseYear(text: string): number | null {
  return /^\d{4}$/.test(text) ? Number(text) : null;
}

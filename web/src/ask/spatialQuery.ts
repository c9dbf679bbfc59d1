// A spatial query as a value, and as the part of the address that reopens it.
import type { Geometry, Position } from 'geojson';
import { DECIMALS, shapeOf } from '../draw/coordinates';

export const QUESTIONS = [
  'inside',
  'nearby',
  'reach',
  'gaps',
  'without',
  'conflicts',
  'summary',
  'coverage',
  'footprint',
  'rate',
  'similar',
  'portfolio',
] as const;
export type QuestionId = (typeof QUESTIONS)[number];

export interface SpatialQuery {
  question: QuestionId;
  /** Id of an area of the plan; empty where an area is drawn or none is chosen. */
  area: string;
  /** The drawn area. */
  shape: Geometry | null;
  point: Position | null;
  /** The question's other inputs, by short names. */
  options: Readonly<Record<string, string>>;
}

/** A compared subject: `city:ID`, `area:ID`, or `drawn`. */
export type CompareSubject = string;

export const EMPTY_QUERY: SpatialQuery = { question: 'inside', area: '', shape: null, point: null, options: {} };

export function parseQuery(params: URLSearchParams): SpatialQuery {
  const text = (name: string) => params.get(name) ?? '';
  return {
    question: QUESTIONS.find((id) => id === text('ask')) ?? 'inside',
    area: text('area'),
    shape: parseShape(text('shape')),
    point: parsePoint(text('point')),
    options: parseOptions(text('with')),
  };
}

export function formatQuery({ question, area, shape, point, options }: SpatialQuery): [string, string][] {
  return [
    ['ask', question === 'inside' ? '' : question],
    ['area', area],
    ['shape', shape ? formatShape(shape) : ''],
    ['point', point ? formatPoint(point) : ''],
    ['with', formatOptions(options)],
  ];
}

export function parseSubjects(params: URLSearchParams): CompareSubject[] {
  const all = (params.get('compare') ?? '').split(',').filter((one) => one === 'drawn' || /^(city|area):./.test(one));
  return [...new Set(all)];
}

const formatPoint = ([lon = 0, lat = 0]: Position) => `${Number(lon.toFixed(DECIMALS))},${Number(lat.toFixed(DECIMALS))}`;

function parsePoint(text: string): Position | null {
  const numbers = text.split(',').map(Number);
  const [lon, lat] = numbers;
  if (!text || numbers.length !== 2 || !Number.isFinite(lon) || !Number.isFinite(lat)) return null;
  return Math.abs(lon!) <= 180 && Math.abs(lat!) <= 85 ? [lon!, lat!] : null;
}

/** A ring as its corners; polygons with holes or several parts as coordinates in JSON. */
function formatShape(shape: Geometry): string {
  if (shape.type === 'Polygon' && shape.coordinates.length === 1) return shape.coordinates[0]!.slice(0, -1).map(formatPoint).join('/');
  return shape.type === 'GeometryCollection' ? '' : JSON.stringify(shape.coordinates);
}

function parseShape(text: string): Geometry | null {
  if (!text.startsWith('[')) {
    const corners = text.split('/').map(parsePoint);
    return corners.every((at) => at !== null) ? (shapeOf(corners, 'polygon').shape ?? null) : null;
  }
  try {
    const coordinates = JSON.parse(text) as never;
    const deep = (value: unknown, level = 0): number => (Array.isArray(value) ? deep(value[0], level + 1) : typeof value === 'number' ? level : 0);
    if (deep(coordinates) === 3) return { type: 'Polygon', coordinates };
    return deep(coordinates) === 4 ? { type: 'MultiPolygon', coordinates } : null;
  } catch {
    return null;
  }
}

function formatOptions(options: SpatialQuery['options']): string {
  return Object.entries(options)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}:${value.replace(/[,:%]/g, encodeURIComponent)}`)
    .join();
}

function parseOptions(text: string): Record<string, string> {
  const pairs = text.split(',').flatMap((pair) => {
    const [name, value] = pair.split(':');
    return name && value ? [[name, decodeText(value)] as const] : [];
  });
  return Object.fromEntries(pairs);
}

function decodeText(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// What lies under the plan near by: water, green, buildings and streets as OpenStreetMap has them, where the plan holds them; or
// another map's style, which whoever runs the server has named.
import type { ExpressionSpecification, FilterSpecification, LayerSpecification, SourceSpecification, StyleSpecification } from 'maplibre-gl';
import type { BaseLayer } from '../baseMap';
import { BOLD, REGULAR } from './fonts';
import type { MapPalette } from './palette';

const byZoom = (...stops: number[]): ExpressionSpecification => ['interpolate', ['exponential', 1.5], ['zoom'], ...stops] as ExpressionSpecification;
const AREAL: FilterSpecification = ['match', ['geometry-type'], ['Polygon', 'MultiPolygon'], true, false];
const LINEAR: FilterSpecification = ['match', ['geometry-type'], ['LineString', 'MultiLineString'], true, false];
const all = (...filters: FilterSpecification[]) => ['all', ...filters] as FilterSpecification;
const isClass = (...classes: string[]): FilterSpecification => ['match', ['get', 'class'], classes, true, false];

/** From here on a region shows its waters and main roads, so that a city does not lie in empty land. */
const FAR = 8;

/** Streets from the narrowest to the widest: their classes, from which zoom they are seen, and their width in pixels at zooms 12, 15 and 18. */
const WIDTHS: { id: string; classes: string[]; from: number; width: [number, number, number] }[] = [
  { id: 'minor', classes: ['service', 'track'], from: 14.5, width: [0.4, 2, 12] },
  { id: 'local', classes: ['residential', 'unclassified', 'living_street', 'pedestrian', 'road', 'busway'], from: 12.5, width: [0.7, 5, 28] },
  { id: 'middle', classes: ['secondary', 'secondary_link', 'tertiary', 'tertiary_link'], from: 11, width: [1.4, 7, 36] },
  { id: 'main', classes: ['motorway', 'motorway_link', 'trunk', 'trunk_link', 'primary', 'primary_link'], from: FAR, width: [2, 8.5, 42] },
];
const WHOLE_NAME: ExpressionSpecification = ['to-string', ['get', 'name']];
/** Of several names, which OpenStreetMap parts by semicolons, the first. */
const NAME: ExpressionSpecification = ['case', ['in', ';', WHOLE_NAME], ['slice', WHOLE_NAME, 0, ['index-of', ';', WHOLE_NAME]], WHOLE_NAME];
const WAYS = ['footway', 'path', 'steps', 'cycleway', 'bridleway', 'corridor', 'pedestrian_way'];

export function baseSources(tiles: string, ground: readonly BaseLayer[]): Record<string, SourceSpecification> {
  const source = (layers: string[], minzoom: number): SourceSpecification => ({
    type: 'vector',
    tiles: [`${tiles}${layers.join()}/{z}/{x}/{y}.mvt`],
    minzoom,
    maxzoom: 16,
  });
  const far = ground.flatMap((layer) => (layer === 'buildings' ? [] : layer === 'green' ? ['green', 'green_label'] : [layer]));
  return {
    ...(far.length ? { ground: source(far, FAR) } : {}),
    ...(ground.includes('buildings') ? { buildings: source(['buildings'], 14) } : {}),
  };
}

/** Areas and streets without their names. */
export function baseLayers(palette: MapPalette, ground: readonly BaseLayer[]): LayerSpecification[] {
  return [
    ...(ground.includes('green') ? green(palette) : []),
    ...(ground.includes('water') ? water(palette) : []),
    ...(ground.includes('streets') ? ways(palette) : []),
    ...(ground.includes('buildings') ? buildings(palette) : []),
    ...(ground.includes('streets') ? streets(palette) : []),
  ];
}

function green({ green: colour, wood }: MapPalette): LayerSpecification[] {
  const common = { type: 'fill', source: 'ground', 'source-layer': 'green' } as const;
  return [{ id: 'ground-green', ...common, filter: AREAL, paint: { 'fill-color': ['match', ['get', 'class'], ['forest', 'wood', 'scrub'], wood, colour] } }];
}

/** A width of rivers, and one of all smaller waters. */
const river = (wide: number, narrow: number) => ['match', ['get', 'class'], ['river', 'canal'], wide, narrow] as never;

function water({ water: colour }: MapPalette): LayerSpecification[] {
  const common = { source: 'ground', 'source-layer': 'water' } as const;
  return [
    { id: 'ground-water', type: 'fill', ...common, filter: AREAL, paint: { 'fill-color': colour } },
    {
      id: 'ground-stream',
      type: 'line',
      ...common,
      filter: LINEAR,
      layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: { 'line-color': colour, 'line-width': byZoom(FAR, river(1.4, 0), 10, river(1.8, 0.5), 14, river(4, 1.4), 18, river(16, 5)) },
    },
  ];
}

function buildings({ building, 'building-edge': edge }: MapPalette): LayerSpecification[] {
  const common = { source: 'buildings', 'source-layer': 'buildings', minzoom: 14 } as const;
  return [
    { id: 'ground-building', type: 'fill', ...common, filter: AREAL, paint: { 'fill-color': building, 'fill-opacity': byZoom(14, 0.4, 15, 1) } },
    { id: 'ground-building-edge', type: 'line', ...common, minzoom: 15, filter: AREAL, paint: { 'line-color': edge, 'line-width': byZoom(15, 0.4, 18, 1.2) } },
  ];
}

/** Foot and cycle ways under the buildings: thin, dotted where there are steps. */
function ways({ street, 'street-edge': edge, muted }: MapPalette): LayerSpecification[] {
  const common = { type: 'line', source: 'ground', 'source-layer': 'streets', minzoom: 14.5 } as const;
  return [
    {
      id: 'ground-way-edge',
      ...common,
      filter: all(LINEAR, isClass(...WAYS)),
      layout: ROUND,
      paint: { 'line-color': edge, 'line-width': byZoom(15, 1.6, 18, 6) },
    },
    {
      id: 'ground-way',
      ...common,
      filter: all(LINEAR, isClass(...WAYS)),
      layout: ROUND,
      paint: { 'line-color': street, 'line-width': byZoom(15, 0.9, 18, 4.5) },
    },
    {
      id: 'ground-steps',
      ...common,
      minzoom: 16,
      filter: all(LINEAR, isClass('steps')),
      paint: { 'line-color': muted, 'line-opacity': 0.5, 'line-width': byZoom(16, 1.6, 18, 4), 'line-dasharray': [0.3, 0.5] },
    },
  ];
}

const ROUND = { 'line-cap': 'round', 'line-join': 'round' } as const;

function streets({ street, 'street-edge': edge }: MapPalette): LayerSpecification[] {
  const common = { type: 'line', source: 'ground', 'source-layer': 'streets', layout: ROUND } as const;
  const known = [...WIDTHS.flatMap(({ classes }) => classes), ...WAYS];
  // What class nobody knows is drawn as a local street.
  const filter = ({ id, classes }: (typeof WIDTHS)[number]): FilterSpecification =>
    id === 'local'
      ? all(LINEAR, ['any', isClass(...classes), ['!', ['match', ['get', 'class'], known, true, false]]] as FilterSpecification)
      : all(LINEAR, isClass(...classes));
  return [
    ...WIDTHS.map((one): LayerSpecification => {
      const [far, near, close] = one.width;
      return {
        id: `ground-${one.id}-edge`,
        ...common,
        minzoom: one.from,
        filter: filter(one),
        paint: { 'line-color': edge, 'line-width': byZoom(FAR, far / 2 + 1, 12, far + 1, 15, near + 1.4, 18, close + 2) },
      };
    }),
    ...WIDTHS.map((one): LayerSpecification => {
      const [far, near, close] = one.width;
      return {
        id: `ground-${one.id}`,
        ...common,
        minzoom: one.from,
        filter: filter(one),
        paint: { 'line-color': street, 'line-width': byZoom(FAR, far / 2, 12, far, 15, near, 18, close) },
      };
    }),
  ];
}

export function baseNames({ ink, muted, land, 'water-ink': waterInk, 'green-ink': greenInk }: MapPalette, ground: readonly BaseLayer[]): LayerSpecification[] {
  const halo = { 'text-halo-color': land, 'text-halo-width': 1.4 } as const;
  const line = { 'symbol-placement': 'line', 'text-field': NAME, 'text-font': REGULAR, 'text-max-angle': 30, 'symbol-spacing': 380 } as const;
  // A cycle way has the name of the street that it runs along.
  const ways = [...WAYS.filter((way) => way !== 'cycleway'), 'service', 'track'];
  const layers: LayerSpecification[] = [];
  if (ground.includes('streets')) {
    layers.push(
      {
        id: 'ground-street-names',
        type: 'symbol',
        source: 'ground',
        'source-layer': 'streets',
        minzoom: 13.5,
        filter: ['!', ['match', ['get', 'class'], [...ways, 'cycleway'], true, false]] as FilterSpecification,
        layout: { ...line, 'text-size': ['interpolate', ['linear'], ['zoom'], 13.5, 10.5, 17, 13] },
        paint: { 'text-color': ink, 'text-opacity': 0.85, ...halo },
      },
      {
        id: 'ground-way-names',
        type: 'symbol',
        source: 'ground',
        'source-layer': 'streets',
        minzoom: 16,
        filter: ['match', ['get', 'class'], ways, true, false],
        layout: { ...line, 'text-size': 11 },
        paint: { 'text-color': muted, ...halo },
      },
    );
  }
  if (ground.includes('green')) {
    layers.push({
      id: 'ground-green-names',
      type: 'symbol',
      source: 'ground',
      'source-layer': 'green_label', // a name once, however many tiles its green lies in
      minzoom: 15,
      layout: { 'text-field': NAME, 'text-font': REGULAR, 'text-size': 11, 'text-max-width': 8, 'text-padding': 8 },
      paint: { 'text-color': greenInk, ...halo },
    });
  }
  if (ground.includes('water')) {
    layers.push({
      id: 'ground-water-names',
      type: 'symbol',
      source: 'ground',
      'source-layer': 'water',
      minzoom: 12.5,
      filter: LINEAR,
      layout: { ...line, 'symbol-spacing': 650, 'text-font': BOLD, 'text-size': 11.5, 'text-letter-spacing': 0.05 },
      paint: { 'text-color': waterInk, ...halo },
    });
  }
  return layers;
}

/** Our layers over another map's style: its sources and layers first, its own signs and glyphs beside ours. */
export function over(base: StyleSpecification, ours: StyleSpecification, ownIds: (id: string) => boolean): StyleSpecification {
  const { glyphs, sprite } = base;
  return {
    ...ours,
    ...(glyphs ? { glyphs } : {}),
    ...(sprite ? { sprite } : {}),
    sources: { ...base.sources, ...ours.sources },
    layers: [...base.layers, ...ours.layers.filter(({ id }) => ownIds(id))],
  };
}

// The base map: water, green, buildings and streets imported from OpenStreetMap, where the plan has them.
import type { ExpressionSpecification, FilterSpecification, LayerSpecification, SourceSpecification, StyleSpecification } from 'maplibre-gl';
import type { BaseLayer } from '../baseMap';
import { AREAL, matchAll } from './expressions';
import { BOLD, REGULAR } from './fonts';
import type { MapPalette } from './palette';
import { REGION_ZOOM } from './zoomLevels';

const byZoom = (...stops: number[]): ExpressionSpecification => ['interpolate', ['exponential', 1.5], ['zoom'], ...stops] as ExpressionSpecification;
const LINEAR: FilterSpecification = ['match', ['geometry-type'], ['LineString', 'MultiLineString'], true, false];
const isClass = (...classes: string[]): FilterSpecification => ['match', ['get', 'class'], classes, true, false];

/** Streets from the narrowest to the widest: classes, first zoom level, and width in pixels at zooms 12, 15 and 18. */
const STREET_WIDTHS: { id: string; classes: string[]; from: number; width: [number, number, number] }[] = [
  { id: 'minor', classes: ['service', 'track'], from: 14.5, width: [0.4, 2, 12] },
  { id: 'local', classes: ['residential', 'unclassified', 'living_street', 'pedestrian', 'road', 'busway'], from: 12.5, width: [0.7, 5, 28] },
  { id: 'middle', classes: ['secondary', 'secondary_link', 'tertiary', 'tertiary_link'], from: 11, width: [1.4, 7, 36] },
  { id: 'main', classes: ['motorway', 'motorway_link', 'trunk', 'trunk_link', 'primary', 'primary_link'], from: REGION_ZOOM, width: [2, 8.5, 42] },
];
const WHOLE_NAME: ExpressionSpecification = ['to-string', ['get', 'name']];
/** The first of several names, which OpenStreetMap separates by semicolons. */
const FIRST_NAME: ExpressionSpecification = ['case', ['in', ';', WHOLE_NAME], ['slice', WHOLE_NAME, 0, ['index-of', ';', WHOLE_NAME]], WHOLE_NAME];
const FOOTWAY_CLASSES = ['footway', 'path', 'steps', 'cycleway', 'bridleway', 'corridor', 'pedestrian_way'];

export function baseSources(tiles: string, ground: readonly BaseLayer[]): Record<string, SourceSpecification> {
  const source = (layers: string[], minzoom: number): SourceSpecification => ({
    type: 'vector',
    tiles: [`${tiles}${layers.join()}/{z}/{x}/{y}.mvt`],
    minzoom,
    maxzoom: 16,
  });
  const far = ground.flatMap((layer) => (layer === 'buildings' ? [] : layer === 'green' ? ['green', 'green_label'] : [layer]));
  return {
    ...(far.length ? { ground: source(far, REGION_ZOOM) } : {}),
    ...(ground.includes('buildings') ? { buildings: source(['buildings'], 14) } : {}),
  };
}

/** Areas and streets, without labels. */
export function baseLayers(palette: MapPalette, ground: readonly BaseLayer[]): LayerSpecification[] {
  return [
    ...(ground.includes('green') ? greenLayers(palette) : []),
    ...(ground.includes('water') ? waterLayers(palette) : []),
    ...(ground.includes('streets') ? footwayLayers(palette) : []),
    ...(ground.includes('buildings') ? buildingLayers(palette) : []),
    ...(ground.includes('streets') ? baseStreetLayers(palette) : []),
  ];
}

function greenLayers({ green: colour, wood }: MapPalette): LayerSpecification[] {
  const common = { type: 'fill', source: 'ground', 'source-layer': 'green' } as const;
  return [{ id: 'ground-green', ...common, filter: AREAL, paint: { 'fill-color': ['match', ['get', 'class'], ['forest', 'wood', 'scrub'], wood, colour] } }];
}

/** One width for rivers, one for smaller waters. */
const riverWidth = (wide: number, narrow: number) => ['match', ['get', 'class'], ['river', 'canal'], wide, narrow] as never;

function waterLayers({ water: colour }: MapPalette): LayerSpecification[] {
  const common = { source: 'ground', 'source-layer': 'water' } as const;
  return [
    { id: 'ground-water', type: 'fill', ...common, filter: AREAL, paint: { 'fill-color': colour } },
    {
      id: 'ground-stream',
      type: 'line',
      ...common,
      filter: LINEAR,
      layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: {
        'line-color': colour,
        'line-width': byZoom(REGION_ZOOM, riverWidth(1.4, 0), 10, riverWidth(1.8, 0.5), 14, riverWidth(4, 1.4), 18, riverWidth(16, 5)),
      },
    },
  ];
}

function buildingLayers({ building, 'building-edge': edge }: MapPalette): LayerSpecification[] {
  const common = { source: 'buildings', 'source-layer': 'buildings', minzoom: 14 } as const;
  return [
    { id: 'ground-building', type: 'fill', ...common, filter: AREAL, paint: { 'fill-color': building, 'fill-opacity': byZoom(14, 0.4, 15, 1) } },
    { id: 'ground-building-edge', type: 'line', ...common, minzoom: 15, filter: AREAL, paint: { 'line-color': edge, 'line-width': byZoom(15, 0.4, 18, 1.2) } },
  ];
}

/** Foot and cycle ways below the buildings: thin, dotted on steps. */
function footwayLayers({ street, 'street-edge': edge, muted }: MapPalette): LayerSpecification[] {
  const common = { type: 'line', source: 'ground', 'source-layer': 'streets', minzoom: 14.5 } as const;
  return [
    {
      id: 'ground-way-edge',
      ...common,
      filter: matchAll(LINEAR, isClass(...FOOTWAY_CLASSES)),
      layout: ROUND,
      paint: { 'line-color': edge, 'line-width': byZoom(15, 1.6, 18, 6) },
    },
    {
      id: 'ground-way',
      ...common,
      filter: matchAll(LINEAR, isClass(...FOOTWAY_CLASSES)),
      layout: ROUND,
      paint: { 'line-color': street, 'line-width': byZoom(15, 0.9, 18, 4.5) },
    },
    {
      id: 'ground-steps',
      ...common,
      minzoom: 16,
      filter: matchAll(LINEAR, isClass('steps')),
      paint: { 'line-color': muted, 'line-opacity': 0.5, 'line-width': byZoom(16, 1.6, 18, 4), 'line-dasharray': [0.3, 0.5] },
    },
  ];
}

const ROUND = { 'line-cap': 'round', 'line-join': 'round' } as const;

function baseStreetLayers({ street, 'street-edge': edge }: MapPalette): LayerSpecification[] {
  const common = { type: 'line', source: 'ground', 'source-layer': 'streets', layout: ROUND } as const;
  const known = [...STREET_WIDTHS.flatMap(({ classes }) => classes), ...FOOTWAY_CLASSES];
  // An unknown class is drawn as a local street.
  const filter = ({ id, classes }: (typeof STREET_WIDTHS)[number]): FilterSpecification =>
    id === 'local'
      ? matchAll(LINEAR, ['any', isClass(...classes), ['!', ['match', ['get', 'class'], known, true, false]]] as FilterSpecification)
      : matchAll(LINEAR, isClass(...classes));
  return [
    ...STREET_WIDTHS.map((one): LayerSpecification => {
      const [far, near, close] = one.width;
      return {
        id: `ground-${one.id}-edge`,
        ...common,
        minzoom: one.from,
        filter: filter(one),
        paint: { 'line-color': edge, 'line-width': byZoom(REGION_ZOOM, far / 2 + 1, 12, far + 1, 15, near + 1.4, 18, close + 2) },
      };
    }),
    ...STREET_WIDTHS.map((one): LayerSpecification => {
      const [far, near, close] = one.width;
      return {
        id: `ground-${one.id}`,
        ...common,
        minzoom: one.from,
        filter: filter(one),
        paint: { 'line-color': street, 'line-width': byZoom(REGION_ZOOM, far / 2, 12, far, 15, near, 18, close) },
      };
    }),
  ];
}

export function baseNameLayers(
  { ink, muted, land, 'water-ink': waterInk, 'green-ink': greenInk }: MapPalette,
  ground: readonly BaseLayer[],
): LayerSpecification[] {
  const halo = { 'text-halo-color': land, 'text-halo-width': 1.4 } as const;
  const line = { 'symbol-placement': 'line', 'text-field': FIRST_NAME, 'text-font': REGULAR, 'text-max-angle': 30, 'symbol-spacing': 380 } as const;
  // A cycle way has the name of its street.
  const ways = [...FOOTWAY_CLASSES.filter((way) => way !== 'cycleway'), 'service', 'track'];
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
      'source-layer': 'green_label', // one label, however many tiles the area covers
      minzoom: 15,
      layout: { 'text-field': FIRST_NAME, 'text-font': REGULAR, 'text-size': 11, 'text-max-width': 8, 'text-padding': 8 },
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

/** Puts the plan's layers over another style, and keeps that style's sprite and glyphs. */
export function mergeStyles(base: StyleSpecification, ours: StyleSpecification, ownIds: (id: string) => boolean): StyleSpecification {
  const { glyphs, sprite } = base;
  return {
    ...ours,
    ...(glyphs ? { glyphs } : {}),
    ...(sprite ? { sprite } : {}),
    sources: { ...base.sources, ...ours.sources },
    layers: [...base.layers, ...ours.layers.filter(({ id }) => ownIds(id))],
  };
}

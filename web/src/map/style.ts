// The map's style, light or dark, as a pure function of the scene. The map receives each new style and applies the
// differences.
import type { ExpressionSpecification, FilterSpecification, LayerSpecification, StyleSpecification } from 'maplibre-gl';
import { GROUPS, SYMBOL_IDS, symbolOf, statusesOf, type StatusGroup, type SymbolId } from '../symbology';
import { AREAL, hasAnyId, hasId, INTERVENTION_SOURCE, lineWidth, matchAll, NOT_POINTS, POINTS } from './expressions';
import type { MapScene } from './mapScene';
import { CITY_ZOOM, DETAIL_ZOOM } from './zoomLevels';
import { layersBelow, layersAbove } from './answerLayers';
import { BOLD, fontFaces, REGULAR } from './fonts';
import { imageName } from './symbolImages';
import { baseLayers, baseNameLayers, baseSources, mergeStyles } from './baseLayers';
import world from '../../../geodata/world/places.json';

/** Layers that respond to the pointer, the smallest features first. */
export const CLICKABLE_LAYERS = ['points', 'marks', ...SYMBOL_IDS.map((mark) => `line-${mark}`), 'fills', 'hatch'];
export const COUNT_LAYERS = ['counts-partner', 'counts-city'];

export function buildStyle(scene: MapScene): StyleSpecification {
  const own = ownStyle(scene);
  if (!scene.base) return own;
  const replaced = new Set(
    [...worldLayers(scene), ...baseLayers(scene.palette, scene.ground), ...baseNameLayers(scene.palette, scene.ground)].map(({ id }) => id),
  );
  return mergeStyles(scene.base, own, (id) => !replaced.has(id));
}

function ownStyle(scene: MapScene): StyleSpecification {
  return {
    version: 8,
    'font-faces': fontFaces,
    sources: {
      world: { type: 'vector', tiles: [`${scene.tiles}world/{z}/{x}/{y}.mvt`], maxzoom: 8 },
      plan: {
        type: 'vector',
        tiles: [`${scene.tiles}areas,segments,facilities,interventions/{z}/{x}/{y}.mvt`],
        minzoom: 8,
        maxzoom: 16,
      },
      ...baseSources(scene.tiles, scene.ground),
      counts: { type: 'geojson', data: scene.counts },
      marks: { type: 'geojson', data: scene.marks },
      'area-names': { type: 'geojson', data: scene.areaNames },
      answer: { type: 'geojson', data: scene.answer.shapes },
    },
    layers: [
      ...worldLayers(scene),
      ...baseLayers(scene.palette, scene.ground),
      ...planStreetLayers(scene),
      ...areaLayers(scene),
      ...layersBelow(scene),
      ...interventionLayers(scene),
      ...baseNameLayers(scene.palette, scene.ground),
      ...nameLayers(scene),
      ...layersAbove(scene),
      ...symbolLayers(scene),
      ...countLayers(scene),
    ],
  } as StyleSpecification;
}

const byZoom = (...stops: number[]): ExpressionSpecification => ['interpolate', ['linear'], ['zoom'], ...stops] as ExpressionSpecification;
const labelHalo = ({ palette }: MapScene) => ({ 'text-halo-color': palette.land, 'text-halo-width': 1.6 });

function worldLayers(scene: MapScene): LayerSpecification[] {
  const { water, land, border, muted, ink } = scene.palette;
  return [
    // The world layer's coast is too coarse for a city: water fades into land before streets appear.
    { id: 'water', type: 'background', paint: { 'background-color': ['interpolate', ['linear'], ['zoom'], 8, water, DETAIL_ZOOM, land] } },
    { id: 'land', type: 'fill', source: 'world', 'source-layer': 'land', paint: { 'fill-color': land } },
    {
      id: 'borders',
      type: 'line',
      source: 'world',
      'source-layer': 'countries',
      maxzoom: 11,
      paint: { 'line-color': border, 'line-width': byZoom(3, 0.6, 8, 1.4), 'line-opacity': byZoom(9, 1, 11, 0) },
    },
    {
      id: 'country-names',
      type: 'symbol',
      source: 'world',
      'source-layer': 'places',
      filter: ['==', ['get', 'rank'], 0],
      maxzoom: 7,
      layout: {
        'text-field': countryNames(scene.language),
        'text-font': REGULAR,
        'text-size': byZoom(3, 10, 6, 14),
        'text-transform': 'uppercase',
        'text-letter-spacing': 0.1,
        'text-max-width': 7,
        'text-padding': 6,
      },
      paint: { 'text-color': muted, 'text-opacity': 0.75, ...labelHalo(scene) },
    },
    {
      id: 'place-names',
      type: 'symbol',
      source: 'world',
      'source-layer': 'places',
      filter: ['all', ['>', ['get', 'rank'], 0], ['<=', ['get', 'rank'], ['step', ['zoom'], 1, 6, 2]]] as FilterSpecification,
      minzoom: 5,
      maxzoom: 11,
      layout: {
        'text-field': scene.language === 'en' ? ENGLISH_NAMES : ['get', 'name'],
        'text-font': REGULAR,
        'text-size': byZoom(5, 11, 9, 14),
        'text-padding': 6,
      },
      paint: { 'text-color': ink, 'text-opacity': 0.8, ...labelHalo(scene) },
    },
  ];
}

/** Replaces each name in the tiles by another. */
function renameExpression(pairs: [string, string][]): ExpressionSpecification {
  return ['match', ['get', 'name'], ...[...new Map(pairs)].flat(), ['get', 'name']] as unknown as ExpressionSpecification;
}

const ENGLISH_NAMES = renameExpression(world.places.map(({ name, name_en }) => [name, name_en]));

function countryNames(language: string): ExpressionSpecification {
  const names = new Intl.DisplayNames(language, { type: 'region' });
  return renameExpression(world.countries.map(({ code, name }) => [name, names.of(code) ?? name]));
}

function planStreetLayers(scene: MapScene): LayerSpecification[] {
  const { palette } = scene;
  const source = { source: 'plan', 'source-layer': 'segments', minzoom: 12 } as const;
  const round = { 'line-cap': 'round', 'line-join': 'round' } as const;
  const drawn = scene.ground.includes('streets') || scene.base !== null; // the plan's own street outlines are schematic
  const layers: LayerSpecification[] = [
    { id: 'parks', type: 'fill', source: 'plan', 'source-layer': 'facilities', minzoom: 12, filter: AREAL, paint: { 'fill-color': palette.green } },
    { id: 'street-edge', type: 'line', ...source, layout: round, paint: { 'line-color': palette.line, 'line-width': byZoom(12, 2.5, 17, 16) } },
    { id: 'street', type: 'line', ...source, layout: round, paint: { 'line-color': palette.street, 'line-width': byZoom(12, 1.5, 17, 14) } },
    {
      id: 'facilities',
      type: 'circle',
      source: 'plan',
      'source-layer': 'facilities',
      minzoom: 13.5,
      filter: ['==', ['geometry-type'], 'Point'],
      paint: {
        'circle-radius': byZoom(13.5, 2, 17, 4.5),
        'circle-color': palette.panel,
        'circle-stroke-color': palette.muted,
        'circle-stroke-width': 1.5,
      },
    },
    {
      id: 'street-names',
      type: 'symbol',
      ...source,
      minzoom: 14,
      layout: {
        'symbol-placement': 'line',
        'text-field': ['get', 'street'],
        'text-font': REGULAR,
        'text-size': byZoom(14, 11, 17, 13),
      },
      paint: { 'text-color': palette.muted, ...labelHalo(scene) },
    },
  ];
  return drawn ? layers.filter(({ id }) => !id.startsWith('street')) : layers;
}

function areaLayers({ palette }: MapScene): LayerSpecification[] {
  const source = { source: 'plan', 'source-layer': 'areas', minzoom: DETAIL_ZOOM } as const;
  return [
    { id: 'area', type: 'fill', ...source, paint: { 'fill-color': palette.accent, 'fill-opacity': 0.07 } },
    {
      id: 'area-edge',
      type: 'line',
      ...source,
      layout: { 'line-join': 'round' },
      paint: { 'line-color': palette.accent, 'line-width': byZoom(10, 1.2, 15, 2), 'line-dasharray': [4, 2.2] },
    },
  ];
}

export const hoveredFilter = (id: string) => matchAll(NOT_POINTS, hasId(id));

function hasStatusGroup(group: StatusGroup): FilterSpecification {
  if (group !== 'idea') return ['match', ['get', 'status'], statusesOf(group), true, false];
  // An unknown status is shown as an idea.
  const others = GROUPS.filter((other) => other !== 'idea').flatMap(statusesOf);
  return ['match', ['get', 'status'], others, false, true];
}

interface SymbolFilter {
  mark: SymbolId;
  filter: FilterSpecification;
}

function symbolFilters({ kinds }: MapScene): SymbolFilter[] {
  if (kinds) return kinds.map(({ mark, ids }) => ({ mark, filter: hasAnyId(ids) }));
  return GROUPS.map((group) => ({ mark: `status-${group}`, filter: hasStatusGroup(group) }));
}

/** A value by symbol, as an expression on the features of the tiles. */
function symbolExpression<T>({ kinds }: MapScene, value: (mark: SymbolId) => T): ExpressionSpecification {
  if (kinds) {
    const used = kinds.filter(({ ids }) => ids.length);
    const [last] = used.slice(-1);
    if (!last || used.length === 1) return ['literal', value(last?.mark ?? 'kind-none')] as unknown as ExpressionSpecification;
    return [
      'match',
      ['get', 'id'],
      ...used.slice(0, -1).flatMap(({ mark, ids }) => [ids, value(mark)]),
      value(last.mark),
    ] as unknown as ExpressionSpecification;
  }
  const pairs = GROUPS.filter((group) => group !== 'idea').flatMap((group) => [statusesOf(group), value(`status-${group}`)]);
  return ['match', ['get', 'status'], ...pairs, value('status-idea')] as unknown as ExpressionSpecification;
}

function interventionLayers(scene: MapScene): LayerSpecification[] {
  const { palette, selected, hovered } = scene;
  const source = INTERVENTION_SOURCE;
  const shown = hasAnyId(scene.ids);
  return [
    {
      id: 'fills',
      type: 'fill',
      ...source,
      filter: matchAll(AREAL, shown),
      paint: { 'fill-color': symbolExpression(scene, (mark) => palette.marks[mark]), 'fill-opacity': symbolExpression(scene, (mark) => symbolOf(mark).fill) },
    },
    {
      id: 'hatch',
      type: 'fill',
      ...source,
      filter: matchAll(AREAL, symbolFilters(scene).find(({ mark }) => mark === 'status-aside')?.filter ?? hasAnyId([]), shown),
      paint: { 'fill-pattern': imageName(palette, 'hatch', 'status-aside') },
    },
    {
      id: 'casing-hovered',
      type: 'line',
      ...source,
      filter: hoveredFilter(hovered),
      layout: { 'line-join': 'round', 'line-cap': 'round' },
      paint: { 'line-color': palette.ink, 'line-opacity': 0.35, 'line-width': lineWidth(1, 6) },
    },
    {
      id: 'casing-selected',
      type: 'line',
      ...source,
      filter: matchAll(NOT_POINTS, hasId(selected)),
      layout: { 'line-join': 'round', 'line-cap': 'round' },
      paint: { 'line-color': palette.ink, 'line-width': lineWidth(1, 6) },
    },
    {
      id: 'casing-gap',
      type: 'line',
      ...source,
      filter: matchAll(NOT_POINTS, hasId(selected)),
      layout: { 'line-join': 'round', 'line-cap': 'round' },
      paint: { 'line-color': palette.panel, 'line-width': lineWidth(1, 1) },
    },
    ...symbolFilters(scene).map(({ mark, filter }): LayerSpecification => {
      const { dash, round, width: factor, line } = symbolOf(mark);
      return {
        id: `line-${mark}`,
        type: 'line',
        ...source,
        filter: matchAll(NOT_POINTS, filter, shown),
        layout: { 'line-join': 'round', 'line-cap': round || !dash ? 'round' : 'butt' },
        paint: {
          'line-color': palette.marks[mark],
          'line-opacity': line,
          'line-width': lineWidth(factor),
          ...(dash ? { 'line-dasharray': dash } : {}),
        },
      };
    }),
  ];
}

/** Symbols, above the labels, which avoid them. */
function symbolLayers(scene: MapScene): LayerSpecification[] {
  const { palette, selected, hovered } = scene;
  const shown = hasAnyId(scene.ids);
  const icon = { 'icon-allow-overlap': true, 'icon-padding': 0 } as const;
  const image = (mark: SymbolId) => imageName(palette, 'sign', mark);
  const ownImage = (kind: 'sign' | 'chosen'): ExpressionSpecification => ['concat', `${palette.theme}:${kind}:`, ['get', 'mark']];
  return [
    // At small scales a small area or short line is too little to see; its symbol stands for it.
    {
      id: 'marks',
      type: 'symbol',
      source: 'marks',
      minzoom: DETAIL_ZOOM,
      maxzoom: 15.5,
      filter: ['!', ['get', 'spot']],
      layout: { ...icon, 'icon-image': ownImage('sign'), 'icon-size': byZoom(DETAIL_ZOOM, 0.55, 14, 0.75) },
    },
    {
      id: 'points',
      type: 'symbol',
      ...INTERVENTION_SOURCE,
      filter: matchAll(POINTS, shown),
      layout: { ...icon, 'icon-image': symbolExpression(scene, image), 'icon-size': byZoom(DETAIL_ZOOM, 0.6, 14, 1) },
    },
    {
      id: 'chosen',
      type: 'symbol',
      source: 'marks',
      minzoom: DETAIL_ZOOM,
      filter: [
        'any',
        ['all', hasId(selected), ['any', ['get', 'spot'], ['<', ['zoom'], 15.5]]],
        matchAll(hasId(hovered), ['get', 'spot']),
      ] as FilterSpecification,
      layout: { ...icon, 'icon-image': ownImage('chosen'), 'icon-size': byZoom(DETAIL_ZOOM, 0.6, 14, 1) },
    },
  ];
}

function nameLayers(scene: MapScene): LayerSpecification[] {
  const { palette } = scene;
  return [
    {
      id: 'area-names',
      type: 'symbol',
      source: 'area-names',
      minzoom: 11.5,
      layout: {
        'text-field': ['get', 'name'],
        'text-font': BOLD,
        'text-size': byZoom(12.5, 11.5, 16, 13.5),
        'text-anchor': 'bottom',
        'text-offset': [0, -0.4],
        'text-max-width': 14,
      },
      paint: { 'text-color': palette.accent, ...labelHalo(scene) },
    },
    {
      id: 'intervention-names',
      type: 'symbol',
      source: 'marks',
      minzoom: 13,
      layout: {
        'text-field': ['case', hasId(scene.selected), ['get', 'place'], ['get', 'label']],
        'text-font': ['case', hasId(scene.selected), ['literal', BOLD], ['literal', REGULAR]],
        'symbol-sort-key': ['case', hasId(scene.selected), 0, 1],
        'text-size': byZoom(13, 11, 17, 13),
        'text-variable-anchor-offset': ['top', [0, 1.65], 'bottom', [0, -1.65], 'left', [1.6, 0], 'right', [-1.6, 0]],
        'text-max-width': 11,
        'text-padding': 4,
      },
      paint: { 'text-color': palette.ink, ...labelHalo(scene) },
    },
    {
      id: 'facility-names',
      type: 'symbol',
      source: 'plan',
      'source-layer': 'facilities',
      minzoom: 14.6,
      layout: {
        'text-field': ['get', 'name'],
        'text-font': REGULAR,
        'text-size': 11,
        'text-variable-anchor-offset': ['top', [0, 0.6], 'bottom', [0, -0.6]],
        'text-max-width': 9,
      },
      paint: { 'text-color': palette.muted, ...labelHalo(scene) },
    },
  ];
}

/** A disc with a count, and the name beside it where it fits. */
function countLayers(scene: MapScene): LayerSpecification[] {
  const { palette } = scene;
  const radius = (scale: number): ExpressionSpecification =>
    ['interpolate', ['linear'], ['sqrt', ['get', 'count']], 0, 9 * scale, 1, 12 * scale, 5, 20 * scale, 12, 30 * scale] as ExpressionSpecification;
  return (['partner', 'city'] as const).flatMap((level): LayerSpecification[] => {
    const common = {
      source: 'counts',
      filter: ['==', ['get', 'level'], level] as FilterSpecification,
      ...(level === 'partner' ? { maxzoom: CITY_ZOOM } : { minzoom: CITY_ZOOM, maxzoom: DETAIL_ZOOM }),
    };
    return [
      {
        id: `counts-${level}`,
        type: 'circle',
        ...common,
        paint: {
          'circle-radius': ['interpolate', ['linear'], ['zoom'], 2.2, radius(0.7), 3.4, radius(1)] as ExpressionSpecification,
          'circle-color': ['case', ['>', ['get', 'count'], 0], palette.accent, palette.muted],
          'circle-stroke-color': palette.panel,
          'circle-stroke-width': 2.5,
        },
      },
      {
        id: `counts-${level}-name`,
        type: 'symbol',
        ...common,
        layout: {
          'symbol-sort-key': ['-', 0, ['get', 'count']],
          'text-field': ['get', 'label'],
          'text-font': BOLD,
          'text-size': 14,
          'text-variable-anchor': ['left', 'right', 'top', 'bottom'],
          'text-radial-offset': ['interpolate', ['linear'], ['sqrt', ['get', 'count']], 0, 0.9, 5, 1.7, 12, 2.5],
          'text-justify': 'auto',
          'text-max-width': 9,
        },
        paint: { 'text-color': palette.ink, 'text-halo-color': palette.land, 'text-halo-width': 2 },
      },
      // Above the labels, with padding, so that no label covers another disc.
      {
        id: `counts-${level}-number`,
        type: 'symbol',
        ...common,
        layout: {
          'text-field': ['to-string', ['get', 'count']],
          'text-font': BOLD,
          'text-size': 13,
          'text-allow-overlap': true,
          'text-padding': 11,
        },
        paint: { 'text-color': palette['on-accent'] },
      },
    ];
  });
}

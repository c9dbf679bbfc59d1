// How a question and its answer look on the map: below the interventions what is shaded and outlined, above them what
// belongs to no intervention.
import type { ExpressionSpecification, FilterSpecification, LayerSpecification } from 'maplibre-gl';
import { among, INTERVENTIONS, NOT_POINTS, width, type MapScene } from './style';

const role = (...roles: string[]): FilterSpecification => ['match', ['get', 'role'], roles, true, false];
const areal: ExpressionSpecification = ['match', ['geometry-type'], ['Polygon', 'MultiPolygon'], true, false];
const and = (...filters: FilterSpecification[]) => ['all', ...filters] as FilterSpecification;
const points: FilterSpecification = ['match', ['geometry-type'], ['Point', 'MultiPoint'], true, false];

export function answerBelow({ palette, answer }: MapScene): LayerSpecification[] {
  const source = { source: 'answer' } as const;
  const line = { 'line-join': 'round', 'line-cap': 'round' } as const;
  return [
    {
      id: 'answer-fill',
      type: 'fill',
      ...source,
      filter: and(role('area', 'radius', 'shade', 'found'), areal as FilterSpecification),
      paint: { 'fill-color': palette.accent, 'fill-opacity': ['match', ['get', 'role'], 'shade', 0.2, 'radius', 0.08, 0.12] },
    },
    {
      id: 'answer-edge',
      type: 'line',
      ...source,
      filter: and(role('area', 'shade', 'found', 'draft'), ['!', points] as FilterSpecification),
      layout: line,
      paint: { 'line-color': palette.accent, 'line-width': ['match', ['get', 'role'], 'shade', 1.2, 'found', 4, 2.5] },
    },
    {
      id: 'answer-radius',
      type: 'line',
      ...source,
      filter: role('radius'),
      layout: { 'line-join': 'round' },
      paint: { 'line-color': palette.accent, 'line-width': 2, 'line-dasharray': [3, 2] },
    },
    // What the answer counts stands out by a pale band in the accent around its own sign.
    {
      id: 'answer-casing',
      type: 'line',
      ...INTERVENTIONS,
      filter: and(NOT_POINTS, among(answer.ids)),
      layout: line,
      paint: { 'line-color': palette.accent, 'line-opacity': 0.24, 'line-width': width(1, 7) },
    },
  ];
}

export function answerAbove({ palette, answer }: MapScene): LayerSpecification[] {
  return [
    {
      id: 'answer-ring',
      type: 'circle',
      source: 'marks',
      filter: and(['get', 'spot'] as FilterSpecification, among(answer.ids)),
      paint: {
        'circle-radius': 15,
        'circle-color': palette.accent,
        'circle-opacity': 0.16,
        'circle-stroke-color': palette.accent,
        'circle-stroke-width': 1.5,
        'circle-stroke-opacity': 0.6,
      },
    },
    {
      id: 'answer-pair',
      type: 'line',
      source: 'answer',
      filter: role('pair'),
      layout: { 'line-cap': 'round' },
      paint: { 'line-color': palette.ink, 'line-width': 2.5, 'line-dasharray': [1.5, 1.5] },
    },
    {
      id: 'answer-spot',
      type: 'circle',
      source: 'answer',
      filter: and(role('pair', 'found', 'corner', 'place'), points),
      paint: {
        'circle-radius': ['match', ['get', 'role'], 'place', 8, 6],
        'circle-color': ['match', ['get', 'role'], 'pair', palette.ink, ['place', 'found'], palette.accent, palette.panel],
        'circle-stroke-color': ['match', ['get', 'role'], 'corner', palette.accent, palette.panel],
        'circle-stroke-width': 2.5,
      },
    },
  ];
}

// How a question and its answer look on the map: below the interventions what is shaded and outlined, above them what
// belongs to no intervention.
import type { FilterSpecification, LayerSpecification } from 'maplibre-gl';
import { AREAL, hasAnyId, INTERVENTION_SOURCE, lineWidth, matchAll, NOT_POINTS, POINTS } from './expressions';
import type { MapScene } from './mapScene';

const hasRole = (...roles: string[]): FilterSpecification => ['match', ['get', 'role'], roles, true, false];

export function layersBelow({ palette, answer }: MapScene): LayerSpecification[] {
  const source = { source: 'answer' } as const;
  const line = { 'line-join': 'round', 'line-cap': 'round' } as const;
  return [
    {
      id: 'answer-fill',
      type: 'fill',
      ...source,
      filter: matchAll(hasRole('area', 'radius', 'shade', 'found'), AREAL),
      paint: { 'fill-color': palette.accent, 'fill-opacity': ['match', ['get', 'role'], 'shade', 0.2, 'radius', 0.08, 0.12] },
    },
    {
      id: 'answer-edge',
      type: 'line',
      ...source,
      filter: matchAll(hasRole('area', 'shade', 'found', 'draft'), ['!', POINTS] as FilterSpecification),
      layout: line,
      paint: { 'line-color': palette.accent, 'line-width': ['match', ['get', 'role'], 'shade', 1.2, 'found', 4, 2.5] },
    },
    {
      id: 'answer-radius',
      type: 'line',
      ...source,
      filter: hasRole('radius'),
      layout: { 'line-join': 'round' },
      paint: { 'line-color': palette.accent, 'line-width': 2, 'line-dasharray': [3, 2] },
    },
    // What the answer counts stands out by a pale band in the accent around its own sign.
    {
      id: 'answer-casing',
      type: 'line',
      ...INTERVENTION_SOURCE,
      filter: matchAll(NOT_POINTS, hasAnyId(answer.ids)),
      layout: line,
      paint: { 'line-color': palette.accent, 'line-opacity': 0.24, 'line-width': lineWidth(1, 7) },
    },
  ];
}

export function layersAbove({ palette, answer }: MapScene): LayerSpecification[] {
  return [
    {
      id: 'answer-ring',
      type: 'circle',
      source: 'marks',
      filter: matchAll(['get', 'spot'] as FilterSpecification, hasAnyId(answer.ids)),
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
      filter: hasRole('pair'),
      layout: { 'line-cap': 'round' },
      paint: { 'line-color': palette.ink, 'line-width': 2.5, 'line-dasharray': [1.5, 1.5] },
    },
    {
      id: 'answer-spot',
      type: 'circle',
      source: 'answer',
      filter: matchAll(hasRole('pair', 'found', 'corner', 'place'), POINTS),
      paint: {
        'circle-radius': ['match', ['get', 'role'], 'place', 8, 6],
        'circle-color': ['match', ['get', 'role'], 'pair', palette.ink, ['place', 'found'], palette.accent, palette.panel],
        'circle-stroke-color': ['match', ['get', 'role'], 'corner', palette.accent, palette.panel],
        'circle-stroke-width': 2.5,
      },
    },
  ];
}

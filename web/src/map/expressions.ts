// Style expressions shared by several layers: geometry types, ids, line widths.
import type { ExpressionSpecification, FilterSpecification } from 'maplibre-gl';
import { DETAIL_ZOOM } from './zoomLevels';

export const AREAL: ExpressionSpecification = ['match', ['geometry-type'], ['Polygon', 'MultiPolygon'], true, false];
export const POINTS: FilterSpecification = ['match', ['geometry-type'], ['Point', 'MultiPoint'], true, false];
export const NOT_POINTS: FilterSpecification = ['match', ['geometry-type'], ['Point', 'MultiPoint'], false, true];

export const matchAll = (...filters: FilterSpecification[]) => ['all', ...filters] as FilterSpecification;
export const hasId = (id: string): ExpressionSpecification => ['==', ['get', 'id'], id];

export function hasAnyId(ids: string[] | null): FilterSpecification {
  if (!ids) return ['literal', true] as unknown as FilterSpecification;
  if (!ids.length) return ['literal', false] as unknown as FilterSpecification;
  return ['match', ['get', 'id'], ids, true, false];
}

/** Line width in pixels by zoom; edges of areas are thinner than lines. */
export function lineWidth(factor: number, extra = 0): ExpressionSpecification {
  const at = (line: number, edge: number): ExpressionSpecification => ['case', AREAL, edge * Math.min(factor, 1.2) + extra, line * factor + extra];
  return ['interpolate', ['linear'], ['zoom'], 10, at(2.2, 1.2), 14, at(5, 2), 17, at(8.5, 2.6)];
}

export const INTERVENTION_SOURCE = { source: 'plan', 'source-layer': 'interventions', minzoom: DETAIL_ZOOM } as const;

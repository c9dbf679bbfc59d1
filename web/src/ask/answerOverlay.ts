// What the map shows of a query and its answer: a pure function to shapes and outlined interventions.
import type { Feature, Geometry } from 'geojson';
import { circlePolygon } from '../draw/measure';
import type { AnswerOverlay } from '../state/query';
import type { ProcessResult } from './processResult';
import type { SpatialQuery } from './spatialQuery';
import { optionNumber } from './processRequests';

export type ShapeRole = 'area' | 'radius' | 'place' | 'shade' | 'pair' | 'found';

interface OverlayContext {
  /** The outline of an area of the plan. */
  outline: (area: string) => Geometry | null | undefined;
  isIntervention: (id: string) => boolean;
  /** True while the drawing itself shows the drawn area. */
  drawing: boolean;
}

const overlayFeature = (geometry: Geometry, role: ShapeRole, id = ''): Feature => ({ type: 'Feature', properties: { role, id }, geometry });

/** Computed features that are shaded; other computed ones would only cover what they were made of. */
const SHADED_IDS = /^(gap-|reach)/;

export function buildOverlay(query: SpatialQuery, parts: Record<string, ProcessResult>, known: OverlayContext): AnswerOverlay {
  const shapes = queryShapes(query, known);
  const ids = new Set<string>();
  for (const [process, answer] of Object.entries(parts)) {
    for (const { id, geometry, result } of answer.features.features) {
      const name = String(id);
      if (known.isIntervention(name)) ids.add(name);
      else if (!geometry || name === 'footprint') continue;
      else if (process === 'conflicts') {
        shapes.push(overlayFeature(geometry, 'pair', name));
        [result.a, result.b].forEach((work) => ids.add(String(work)));
      } else if (name === 'reach_before') shapes.push(overlayFeature(geometry, 'radius', name));
      else if (SHADED_IDS.test(name)) shapes.push(overlayFeature(geometry, 'shade', name));
      else if (process !== 'coverage' && process !== 'summary') shapes.push(overlayFeature(geometry, 'found', name));
    }
  }
  return { shapes: { type: 'FeatureCollection', features: shapes }, ids: [...ids] };
}

/** Which questions take an area, and which a point. */
export const takesArea = ({ question }: SpatialQuery): boolean => ['inside', 'gaps', 'without', 'conflicts', 'summary', 'footprint'].includes(question);
export const takesPoint = ({ question }: SpatialQuery): boolean => ['nearby', 'reach'].includes(question);

export function queryShapes(query: SpatialQuery, known: Pick<OverlayContext, 'outline' | 'drawing'>): Feature[] {
  const shapes: Feature[] = [];
  if (takesArea(query)) {
    const outline = query.area ? known.outline(query.area) : known.drawing ? null : query.shape;
    if (outline) shapes.push(overlayFeature(outline, 'area', query.area || 'drawn-area'));
  }
  if (takesPoint(query) && query.point) {
    if (query.question === 'nearby') shapes.push(overlayFeature(circlePolygon(query.point, optionNumber(query, 'radius')), 'radius', 'radius'));
    shapes.push(overlayFeature({ type: 'Point', coordinates: query.point }, 'place', 'place'));
  }
  return shapes;
}

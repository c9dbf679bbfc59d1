// What the map shows of a question and its answer: a pure function from both to shapes and outlined interventions.
import type { Feature, Geometry } from 'geojson';
import { circle } from '../draw/measure';
import type { AnswerOverlay } from '../state/query';
import type { ProcessResult } from './processResult';
import type { SpatialQuery } from './spatialQuery';
import { amount } from './processRequests';

export type ShapeRole = 'area' | 'radius' | 'place' | 'shade' | 'pair' | 'found';

interface OverlayContext {
  /** The outline of an area of the plan. */
  outline: (area: string) => Geometry | null | undefined;
  isIntervention: (id: string) => boolean;
  /** The drawing itself shows the drawn area. */
  drawing: boolean;
}

const shape = (geometry: Geometry, role: ShapeRole, id = ''): Feature => ({ type: 'Feature', properties: { role, id }, geometry });

/** Made features that are neither of the plan nor to be shaded would only lie over what they were made of. */
const SHADED = /^(gap-|reach)/;

export function shapesOf(asked: SpatialQuery, parts: Record<string, ProcessResult>, known: OverlayContext): AnswerOverlay {
  const shapes = askedShapes(asked, known);
  const ids = new Set<string>();
  for (const [process, answer] of Object.entries(parts)) {
    for (const { id, geometry, result } of answer.features.features) {
      const name = String(id);
      if (known.isIntervention(name)) ids.add(name);
      else if (!geometry || name === 'footprint') continue;
      else if (process === 'conflicts') {
        shapes.push(shape(geometry, 'pair', name));
        [result.a, result.b].forEach((work) => ids.add(String(work)));
      } else if (name === 'reach_before') shapes.push(shape(geometry, 'radius', name));
      else if (SHADED.test(name)) shapes.push(shape(geometry, 'shade', name));
      else if (process !== 'coverage' && process !== 'summary') shapes.push(shape(geometry, 'found', name));
    }
  }
  return { shapes: { type: 'FeatureCollection', features: shapes }, ids: [...ids] };
}

/** Which questions are about an area, and which about a place. */
export const takesArea = ({ question }: SpatialQuery): boolean => ['inside', 'gaps', 'without', 'conflicts', 'summary', 'footprint'].includes(question);
export const takesPoint = ({ question }: SpatialQuery): boolean => ['nearby', 'reach'].includes(question);

export function askedShapes(asked: SpatialQuery, known: Pick<OverlayContext, 'outline' | 'drawing'>): Feature[] {
  const shapes: Feature[] = [];
  if (takesArea(asked)) {
    const outline = asked.area ? known.outline(asked.area) : known.drawing ? null : asked.shape;
    if (outline) shapes.push(shape(outline, 'area', asked.area || 'drawn-area'));
  }
  if (takesPoint(asked) && asked.point) {
    if (asked.question === 'nearby') shapes.push(shape(circle(asked.point, amount(asked, 'radius')), 'radius', 'radius'));
    shapes.push(shape({ type: 'Point', coordinates: asked.point }, 'place', 'place'));
  }
  return shapes;
}

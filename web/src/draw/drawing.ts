// One drawing at a time: what is drawn, with which tool, and who is told of each change. The map carries it out; without
// a map the same shapes come from typed coordinates.
import { effect, signal } from '@preact/signals';
import type { Geometry, Position } from 'geojson';
import type { ShapeKind } from './coordinates';

/** What a person draws with. A circle and a freehand outline become polygons. */
export type DrawTool = 'point' | 'line' | 'polygon' | 'circle' | 'freehand';

export interface DrawingState {
  /** The tool in hand; null when the shape is only moved by its handles. */
  tool: DrawTool | null;
  shape: Geometry | null;
  /** Told of each change; settled when the hand has let go. */
  change: (shape: Geometry, settled: boolean) => void;
}

/** Drawing by keys: the middle of the map is the pen. */
export interface CrosshairState {
  kind: ShapeKind;
  corners: Position[];
  done: (shape: Geometry) => void;
}

export const drawing = signal<DrawingState | null>(null);
export const crosshair = signal<CrosshairState | null>(null);
/** Whether corners catch on what is there. */
export const snapping = signal(false);
/** Who takes the next tap on the map as a place; else a tap selects. */
export const tapHandler = signal<((at: Position) => void) | null>(null);

/** Draws a new shape; an older drawing ends. */
export function startDrawing(tool: DrawTool, change: DrawingState['change']): void {
  crosshair.value = null;
  drawing.value = { tool, shape: null, change };
}

/** Shows a shape with its handles. */
export function startReshaping(shape: Geometry, change: DrawingState['change']): void {
  const now = drawing.peek();
  if (now && now.shape === shape && now.change === change && !now.tool) return;
  drawing.value = { tool: null, shape, change };
}

export function stopDrawing(): void {
  drawing.value = null;
  crosshair.value = null;
}

/** Lays the tool down; what was there before stays. */
export function releaseTool(): void {
  crosshair.value = null;
  if (drawing.value) drawing.value = drawing.value.shape ? { ...drawing.value, tool: null } : null;
}

/** Whether its corners can be moved one by one; shapes with holes and mixed ones are only replaced. */
export function canReshape(shape: Geometry | null): boolean {
  if (!shape || shape.type === 'GeometryCollection') return false;
  if (shape.type === 'Polygon') return shape.coordinates.length === 1;
  return shape.type !== 'MultiPolygon' || shape.coordinates.every((rings) => rings.length === 1);
}

/** Escape lays the tool down, wherever the focus is. */
effect(() => {
  if (!drawing.value?.tool) return;
  const layDownOnEscape = (event: KeyboardEvent) => event.key === 'Escape' && releaseTool();
  addEventListener('keydown', layDownOnEscape);
  return () => removeEventListener('keydown', layDownOnEscape);
});

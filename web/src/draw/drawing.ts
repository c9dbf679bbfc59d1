// The state of a drawing: its tool, its shape, and the function that receives each change. One drawing at a time. The
// map draws it; without a map the same shapes come from typed coordinates.
import { effect, signal } from '@preact/signals';
import type { Geometry, Position } from 'geojson';
import type { ShapeKind } from './coordinates';

/** Drawing tools. A circle and a freehand outline become polygons. */
export type DrawTool = 'point' | 'line' | 'polygon' | 'circle' | 'freehand';

export interface DrawingState {
  /** The active tool; null while a shape is only moved by its handles. */
  tool: DrawTool | null;
  shape: Geometry | null;
  /** Receives each change; `settled` is true when the pointer is released. */
  change: (shape: Geometry, settled: boolean) => void;
}

/** Drawing with keys: Enter sets a corner at the map's centre. */
export interface CrosshairState {
  kind: ShapeKind;
  corners: Position[];
  done: (shape: Geometry) => void;
}

export const drawing = signal<DrawingState | null>(null);
export const crosshair = signal<CrosshairState | null>(null);
/** Whether corners snap to existing outlines. */
export const snapping = signal(false);
/** Handles the next tap on the map; without a handler a tap selects. */
export const tapHandler = signal<((at: Position) => void) | null>(null);

/** Starts a new shape and ends the drawing before it. */
export function startDrawing(tool: DrawTool, change: DrawingState['change']): void {
  crosshair.value = null;
  drawing.value = { tool, shape: null, change };
}

/** Shows a shape with handles. */
export function startReshaping(shape: Geometry, change: DrawingState['change']): void {
  const now = drawing.peek();
  if (now && now.shape === shape && now.change === change && !now.tool) return;
  drawing.value = { tool: null, shape, change };
}

export function stopDrawing(): void {
  drawing.value = null;
  crosshair.value = null;
}

/** Puts the tool away and keeps the drawn shape. */
export function releaseTool(): void {
  crosshair.value = null;
  if (drawing.value) drawing.value = drawing.value.shape ? { ...drawing.value, tool: null } : null;
}

/** Whether corners of a shape can be moved one by one. Polygons with holes and collections can only be replaced. */
export function canReshape(shape: Geometry | null): boolean {
  if (!shape || shape.type === 'GeometryCollection') return false;
  if (shape.type === 'Polygon') return shape.coordinates.length === 1;
  return shape.type !== 'MultiPolygon' || shape.coordinates.every((rings) => rings.length === 1);
}

/** Escape puts the tool away, wherever the focus is. */
effect(() => {
  if (!drawing.value?.tool) return;
  const layDownOnEscape = (event: KeyboardEvent) => event.key === 'Escape' && releaseTool();
  addEventListener('keydown', layDownOnEscape);
  return () => removeEventListener('keydown', layDownOnEscape);
});

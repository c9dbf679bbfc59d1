// Draws on the map with Terra Draw: follows the drawing state, shows handles, reports each change. Loaded with the
// first drawing.
import { effect, untracked } from '@preact/signals';
import type { Geometry, Polygon, Position } from 'geojson';
import type { Map as MapView } from 'maplibre-gl';
import {
  TerraDraw,
  TerraDrawCircleMode,
  TerraDrawFreehandMode,
  TerraDrawLineStringMode,
  TerraDrawPointMode,
  TerraDrawPolygonMode,
  TerraDrawSelectMode,
  type GeoJSONStoreFeatures,
  type HexColor,
} from 'terra-draw';
import { TerraDrawMapLibreGLAdapter } from 'terra-draw-maplibre-gl-adapter';
import { readPalette, type MapPalette } from '../map/palette';
import { DECIMALS, roundPosition, shapeOf } from './coordinates';
import { canReshape, drawing, snapping, type DrawTool } from './drawing';
import { planarArea, metresPerDegree, simplifyLine } from './measure';
import { snapPosition } from './snapping';

const MODE_OF_TOOL: Record<DrawTool, string> = { point: 'point', line: 'linestring', polygon: 'polygon', circle: 'circle', freehand: 'freehand' };
const MODE_OF_TYPE: Record<string, string> = { Point: 'point', LineString: 'linestring', Polygon: 'polygon' };
const SELECT_MODE = 'select';
/** Below this area an outline is still a line or a point. */
const MIN_AREA_M2 = 10;
/** A freehand outline keeps the corners that lie farther than this from the simplified line. */
const FREEHAND_PX = 1.5;

/** Draws what the drawing state asks for on this map. Returns the function that detaches it. */
export function attachTerraDraw(map: MapView): () => void {
  const pen = new TerraDraw({
    adapter: new TerraDrawMapLibreGLAdapter({ map, coordinatePrecision: DECIMALS }),
    modes: drawModes(
      untracked(() => readPalette()),
      { toCustom: (event) => (snapping.peek() ? snapPosition(map, [event.lng, event.lat]) : undefined) },
    ),
  });
  pen.start();
  let shown: Geometry | null = null;
  let several = false;
  /** True while this module places a shape: Terra Draw then reports changes that no person made. */
  let layingOut = false;

  const tell = (settled: boolean) => {
    if (layingOut) return;
    const now = drawing.peek();
    const shape = now && drawnShape(pen, several);
    if (!shape || (!settled && JSON.stringify(shape) === JSON.stringify(shown))) return;
    shown = shape;
    if (settled) drawing.value = { ...now, tool: null, shape };
    now.change(shape, settled);
  };
  pen.on('change', () => tell(false));
  pen.on('finish', (id, { action, mode }) => {
    if (action === 'draw') {
      if (mode === 'freehand') smoothOutline(map, pen, id);
      pen.setMode(SELECT_MODE);
      pen.selectFeature(id);
    }
    tell(true);
  });

  const ends = [
    effect(() => {
      const now = drawing.value;
      if (now?.tool) {
        if (pen.getMode() === MODE_OF_TOOL[now.tool] && now.shape === shown) return;
        several = false;
        shown = null;
        layingOut = true;
        pen.clear();
        pen.setMode(MODE_OF_TOOL[now.tool]);
        layingOut = false;
        map.getCanvas().style.cursor = 'crosshair';
        return;
      }
      if (now && now.shape === shown && pen.getMode() === SELECT_MODE) return;
      shown = now?.shape ?? null;
      layingOut = true;
      pen.clear();
      pen.setMode(SELECT_MODE);
      if (shown && canReshape(shown)) {
        several = shown.type.startsWith('Multi');
        placeShape(pen, shown);
      }
      layingOut = false;
    }),
    effect(() => {
      const styles = stylesOf(readPalette());
      for (const mode of [...Object.values(MODE_OF_TOOL), SELECT_MODE]) pen.updateModeOptions(mode, { styles } as never);
    }),
  ];
  return () => {
    ends.forEach((end) => end());
    pen.stop();
  };
}

/** Adds a shape to the map, one feature per part; a shape of one part gets handles. */
function placeShape(pen: TerraDraw, shape: Geometry): void {
  const features = shapeParts(shape).map((part) => ({
    type: 'Feature' as const,
    id: pen.getFeatureId(),
    properties: { mode: MODE_OF_TYPE[part.type]! },
    geometry: part,
  }));
  const added = pen.addFeatures(features as GeoJSONStoreFeatures[]);
  const id = added.length === 1 && added[0]!.valid ? added[0]!.id : undefined;
  if (id !== undefined) pen.selectFeature(id);
}

type ShapePart = Extract<Geometry, { type: 'Point' | 'LineString' | 'Polygon' }>;

function shapeParts(shape: Geometry): ShapePart[] {
  switch (shape.type) {
    case 'Point':
      return [{ type: 'Point', coordinates: roundPosition(shape.coordinates) }];
    case 'LineString':
      return [{ type: 'LineString', coordinates: shape.coordinates.map(roundPosition) }];
    case 'Polygon':
      return [{ type: 'Polygon', coordinates: shape.coordinates.map((ring) => ring.map(roundPosition)) }];
    case 'MultiPoint':
      return shape.coordinates.flatMap((coordinates) => shapeParts({ type: 'Point', coordinates }));
    case 'MultiLineString':
      return shape.coordinates.flatMap((coordinates) => shapeParts({ type: 'LineString', coordinates }));
    case 'MultiPolygon':
      return shape.coordinates.flatMap((coordinates) => shapeParts({ type: 'Polygon', coordinates }));
    default:
      return [];
  }
}

/** The drawing as one geometry; null while it has too few corners or crosses itself. */
function drawnShape(pen: TerraDraw, several: boolean): Geometry | null {
  const features = pen.getSnapshot().filter(({ properties }) => properties.mode !== SELECT_MODE && !isMark(properties));
  const all = features.map(({ geometry }) => completePart(geometry as ShapePart));
  if (!all.length || !all.every((part) => part !== null)) return null;
  if (!several && all.length === 1) return all[0]!;
  const coordinates = all.map((part) => part.coordinates);
  return { type: `Multi${all[0]!.type}`, coordinates } as Geometry;
}

/** Points that Terra Draw adds to a drawing: corners, and the point that closes it. */
const isMark = (properties: Record<string, unknown>) => ['closingPoint', 'coordinatePoint', 'snappingPoint', 'editedPoint'].some((name) => properties[name]);

/** A part without repeated corners; null while it has too few of them. */
function completePart(part: ShapePart): ShapePart | null {
  if (part.type === 'Point') return part;
  if (part.type === 'LineString') return part.coordinates.length > 1 ? part : null;
  const ring = shapeOf(part.coordinates[0]!, 'polygon').shape;
  return ring?.type === 'Polygon' && planarArea(ring) >= MIN_AREA_M2 ? ring : null;
}

/** Simplifies a freehand outline: it has more corners than it needs, and all of them would stand in the link. */
function smoothOutline(map: MapView, pen: TerraDraw, id: string | number): void {
  const shape = pen.getSnapshotFeature(id)?.geometry as Polygon | undefined;
  if (!shape) return;
  const { lng, lat } = map.getCenter();
  const { x } = map.project([lng, lat]);
  const metresPerPixel = Math.abs(map.unproject([x + 1, 0]).lng - lng) * metresPerDegree(lat)[0];
  const ring = simplifyLine(shape.coordinates[0]!, FREEHAND_PX * metresPerPixel);
  if (ring.length > 3) pen.updateFeatureGeometry(id, { type: 'Polygon', coordinates: [ring as Position[]] } as never);
}

/** Where a corner snaps to, for a position of the pointer. */
type SnapOptions = { toCustom: (event: { lng: number; lat: number }) => Position | undefined };

function drawModes(palette: MapPalette, catches: SnapOptions) {
  const styles = stylesOf(palette);
  const handles = { feature: { draggable: true, coordinates: { midpoints: true, draggable: true, deletable: true, snappable: catches } } };
  const round = { feature: { draggable: true, coordinates: { draggable: true, resizable: 'center' as const } } };
  return [
    new TerraDrawPointMode({ styles }),
    new TerraDrawLineStringMode({ styles, snapping: catches }),
    new TerraDrawPolygonMode({ styles, snapping: catches }),
    new TerraDrawCircleMode({ styles, segments: 32, drawInteraction: 'click-move-or-drag' }),
    new TerraDrawFreehandMode({ styles, drawInteraction: 'click-move-or-drag', minDistance: 6 }),
    new TerraDrawSelectMode({
      styles,
      flags: { point: { feature: { draggable: true } }, linestring: handles, polygon: handles, freehand: handles, circle: round },
    }),
  ];
}

/** How a drawing looks: accent colour, solid line, pale fill, round handles. */
function stylesOf(palette: MapPalette) {
  const [accent, panel] = [hexColour(palette.accent), hexColour(palette.panel)];
  const handle = (name: string, width: number) => ({
    [`${name}Color`]: panel,
    [`${name}Width`]: width,
    [`${name}OutlineColor`]: accent,
    [`${name}OutlineWidth`]: 2,
  });
  return {
    fillColor: accent,
    fillOpacity: 0.12,
    outlineColor: accent,
    outlineWidth: 2.5,
    lineStringColor: accent,
    lineStringWidth: 3,
    pointColor: accent,
    pointWidth: 7,
    pointOutlineColor: panel,
    pointOutlineWidth: 2,
    ...handle('closingPoint', 6),
    ...handle('selectionPoint', 6),
    ...handle('midPoint', 3.5),
    selectedPolygonColor: accent,
    selectedPolygonFillOpacity: 0.12,
    selectedPolygonOutlineColor: accent,
    selectedPolygonOutlineWidth: 2.5,
    selectedLineStringColor: accent,
    selectedLineStringWidth: 3,
    selectedPointColor: accent,
    selectedPointWidth: 8,
    selectedPointOutlineColor: panel,
    selectedPointOutlineWidth: 2.5,
  };
}

/** Converts `rgb(91, 42, 134)` to `#5b2a86`, which Terra Draw accepts. */
function hexColour(colour: string): HexColor {
  const numbers = colour.match(/\d+(\.\d+)?/g) ?? [];
  return `#${numbers
    .slice(0, 3)
    .map((part) => Math.round(Number(part)).toString(16).padStart(2, '0'))
    .join('')}`;
}

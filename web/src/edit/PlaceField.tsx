// The geometry field: drawn by pointer or keys, reshaped by its corners, copied from an existing outline, or typed.
import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import type { Geometry } from 'geojson';
import type { ShapeKind } from '../draw/coordinates';
import { DrawTools } from '../draw/DrawTools';
import { canReshape, crosshair, drawing, startReshaping, snapping, stopDrawing, tapHandler } from '../draw/drawing';
import { planarArea, metresBetween } from '../draw/measure';
import { formatNumber } from '../format';
import { boundingBox } from '../geometry';
import { language, t, type MessageKey } from '../i18n';
import { fieldTitle, type FieldSchema } from '../model';
import { announcement, cameraGoal, sheetFull, mainMap } from '../state';
import { GEOMETRY } from './featureChange';
import type { FieldFault } from './validation';
import { openDraft } from './editorState';
import { changeField } from './drafts';
import { FaultText } from './FieldFrame';
import { OutlinePicker, type NamedOutline } from './OutlinePicker';
import { isIntervention } from './featureRef';

interface PlaceFieldProps {
  value: Geometry | null;
  city: string;
  faults: readonly FieldFault[];
  id: string;
  /** The schema of the geometry: which geometry types the collection accepts. */
  schema: FieldSchema | undefined;
}

const SHAPE_KINDS: [ShapeKind, MessageKey][] = [
  ['point', 'place.point'],
  ['line', 'place.line'],
  ['polygon', 'place.area'],
];

const KIND_OF_GEOMETRY: Partial<Record<Geometry['type'], ShapeKind>> = {
  Point: 'point',
  MultiPoint: 'point',
  LineString: 'line',
  MultiLineString: 'line',
  Polygon: 'polygon',
  MultiPolygon: 'polygon',
};

/** The shapes that a geometry format accepts, such as "geometry-polygon-or-multipolygon". */
const allowedKinds = (schema: FieldSchema | undefined): ShapeKind[] => {
  const format = schema?.format ?? 'geometry-any';
  const all = SHAPE_KINDS.map(([kind]) => kind);
  return format === 'geometry-any' ? all : all.filter((kind) => format.includes(kind));
};

export function PlaceField({ value, city, faults, id, schema }: PlaceFieldProps) {
  const kinds = allowedKinds(schema);
  const [kind, setKind] = useState<ShapeKind>((value && KIND_OF_GEOMETRY[value.type]) ?? kinds.at(-1) ?? 'polygon');
  const [picking, setPicking] = useState(false);
  const wrong = faults.filter(({ at }) => at[0] === GEOMETRY);
  // Before the next paint: a person who moves the map at once is not moved back.
  useLayoutEffect(() => {
    const box = boundingBox(openDraft.peek()?.now.geometry);
    if (openDraft.peek()?.base && isIntervention(id)) cameraGoal.value = { to: 'item', id };
    else if (box) cameraGoal.value = { to: 'box', box };
    else if (city) cameraGoal.value = { to: 'city', id: city };
    snapping.value = true;
    return () => {
      stopDrawing();
      snapping.value = false;
    };
  }, [id]);
  const take = ({ name, geometry }: NamedOutline) => {
    setPicking(false);
    handleDrawn(geometry, true);
    announcement.value = t('place.picked', { name, place: describeGeometry(geometry) });
    document.getElementById('field-geometry')?.focus();
  };
  const inHand = drawing.value?.change === handleDrawn || crosshair.value !== null;
  // A tap beside a corner must not select something else.
  useEffect(() => {
    if (!inHand) return;
    const swallow = () => {};
    tapHandler.value = swallow;
    return () => {
      if (tapHandler.peek() === swallow) tapHandler.value = null;
    };
  }, [inHand]);
  // Undoing in the form reshapes the drawing on the map.
  useEffect(() => {
    const now = drawing.peek();
    if (now?.change !== handleDrawn || now.tool || now.shape === value) return;
    if (value && canReshape(value)) startReshaping(value, handleDrawn);
    else stopDrawing();
  }, [value]);
  return (
    <fieldset class={`field place ${wrong.length ? 'wrong' : ''}`} id="field-geometry" tabIndex={-1} aria-describedby="place-now">
      <legend>{fieldTitle(schema, GEOMETRY, language.value)}</legend>
      <p id="place-now">{describeGeometry(value)}</p>
      {wrong.map((fault) => (
        <p key={fault.reason} class="fault">
          <FaultText fault={fault} />
        </p>
      ))}
      <div class="kinds" role="radiogroup" aria-label={t('place.kind')}>
        {SHAPE_KINDS.filter(([one]) => kinds.includes(one)).map(([one, name]) => (
          <label key={one} class="choice">
            <input type="radio" name="place-kind" checked={kind === one} onChange={() => setKind(one)} />
            <span>{t(name)}</span>
          </label>
        ))}
      </div>
      <DrawTools kind={kind} shape={value && KIND_OF_GEOMETRY[value.type] === kind ? value : null} change={handleDrawn} />
      <div class="ways">
        {drawing.value?.change === handleDrawn && !drawing.value.tool ? (
          <button type="button" class="button" aria-pressed="true" onClick={stopDrawing}>
            {t('place.done')}
          </button>
        ) : (
          value &&
          canReshape(value) && (
            <button
              type="button"
              class="button"
              onClick={() => {
                sheetFull.value = false;
                startReshaping(value, handleDrawn);
                announcement.value = t('place.reshapeHow');
              }}
            >
              {t('place.reshape')}
            </button>
          )
        )}
        <button type="button" class="button" aria-expanded={picking} onClick={() => setPicking(!picking)}>
          {t('place.pick')}
        </button>
        {value && (
          <button
            type="button"
            class="button"
            onClick={() => {
              stopDrawing();
              changeField(GEOMETRY, null);
              announcement.value = t('place.none');
            }}
          >
            {t('place.remove')}
          </button>
        )}
      </div>
      {drawing.value?.change === handleDrawn && !drawing.value.tool && <p class="note">{t('place.reshapeHow')}</p>}
      {picking && <OutlinePicker city={city} id={id} free={!inHand} take={take} />}
    </fieldset>
  );
}

/** Receives every move of the pointer; only a settled shape becomes an undo step. */
function handleDrawn(shape: Geometry, settled: boolean): void {
  if (!settled) return;
  const byKeys = document.activeElement === mainMap.value?.getCanvas() && !drawing.value;
  changeField(GEOMETRY, shape);
  announcement.value = t('place.drawn', { place: describeGeometry(shape) });
  if (byKeys) document.getElementById('field-geometry')?.focus();
  const box = boundingBox(shape);
  const mapBounds = mainMap.value?.getBounds();
  const seen = box && mapBounds?.contains([box[0], box[1]]) && mapBounds.contains([box[2], box[3]]);
  if (box && !seen) cameraGoal.value = { to: 'view', view: { lon: (box[0] + box[2]) / 2, lat: (box[1] + box[3]) / 2, zoom: 15.5 } };
}

/** Describes a geometry in words: "Line, 5 corners, 320 m". */
export function describeGeometry(geometry: Geometry | null): string {
  if (!geometry) return t('place.none');
  if (geometry.type === 'GeometryCollection') return t('place.several', { count: geometry.geometries.length });
  const parts = geometry.type.startsWith('Multi') ? (geometry.coordinates as unknown[]).length : 1;
  if (geometry.type === 'Point') {
    const [lon = 0, lat = 0] = geometry.coordinates;
    return t('place.isPoint', { lat: formatNumber(lat), lon: formatNumber(lon) });
  }
  if (geometry.type === 'LineString')
    return t('place.isLine', { metres: formatNumber(Math.round(lineLength(geometry.coordinates))), count: geometry.coordinates.length });
  if (geometry.type === 'Polygon')
    return t('place.isArea', {
      metres: formatNumber(Math.round(planarArea(geometry))),
      count: geometry.coordinates.reduce((sum, ring) => sum + ring.length - 1, 0),
    });
  return t('place.several', { count: parts });
}

const lineLength = (line: number[][]) => line.reduce((sum, at, i) => (i ? sum + metresBetween(line[i - 1]!, at) : 0), 0);

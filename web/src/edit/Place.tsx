// Where it is: drawn on the map or with the keys, reshaped by its corners, taken from an outline that is there, or typed.
import { computed, signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import type { Geometry } from 'geojson';
import { items } from '../api';
import { readShape, writeShape, type Kind } from '../draw/coordinates';
import { canReshape, crosshair, draw, drawing, reshape, stopDrawing, type Tool } from '../draw/drawing';
import { areaOf, metresBetween } from '../draw/measure';
import { number } from '../format';
import { boxOf } from '../geometry';
import { language, t, type Key } from '../i18n';
import { fieldTitle } from '../model';
import { announcement, goal, model, plan, sheetFull, titleOf } from '../state';
import { Icon } from '../ui/Icon';
import { GEOMETRY } from './change';
import type { Fault } from './check';
import { draft } from './desk';
import { change } from './drafts';
import { FaultText } from './Input';

interface PlaceProps {
  value: Geometry | null;
  city: string;
  faults: readonly Fault[];
  id: string;
}

const KINDS: [Kind, Key, Key][] = [
  ['point', 'place.point', 'place.pointKeys'],
  ['line', 'place.line', 'place.lineKeys'],
  ['polygon', 'place.area', 'place.areaKeys'],
];

/** What is done with the place just now, in the panel. */
const way = signal<'' | 'pick' | 'type'>('');
const busyDrawing = computed(() => drawing.value !== null || crosshair.value !== null);

export function Place({ value, city, faults, id }: PlaceProps) {
  const wrong = faults.filter(({ at }) => at[0] === GEOMETRY);
  useEffect(() => {
    if (draft.peek()?.base) goal.value = { to: 'item', id };
    else if (city) goal.value = { to: 'city', id: city };
    return () => {
      stopDrawing();
      way.value = '';
    };
  }, [id]);
  return (
    <fieldset class={`field place ${wrong.length ? 'wrong' : ''}`} id="field-geometry" tabIndex={-1} aria-describedby="place-now">
      <legend>{fieldTitle(model.value?.schema.properties?.geometry, GEOMETRY, language.value)}</legend>
      <p id="place-now">{describe(value)}</p>
      {wrong.map((fault) => (
        <p key={fault.reason} class="fault">
          <FaultText fault={fault} />
        </p>
      ))}
      {busyDrawing.value ? <Drawing /> : <Ways value={value} />}
      {way.value === 'pick' && <Pick city={city} id={id} />}
      {way.value === 'type' && <Typed value={value} />}
    </fieldset>
  );
}

/** Told of every move of the hand; only what is let go becomes a step that can be undone. */
function drawn(shape: Geometry, settled: boolean): void {
  if (!settled) return;
  change(GEOMETRY, shape);
  announcement.value = t('place.drawn', { place: describe(shape) });
}

function toMap(): void {
  way.value = '';
  sheetFull.value = false;
  document.querySelector<HTMLElement>('.maplibregl-canvas')?.focus();
}

function start(tool: Tool): void {
  toMap();
  draw(tool, drawn);
}

function startKeys(kind: Kind): void {
  toMap();
  stopDrawing();
  crosshair.value = {
    kind,
    corners: [],
    done: (shape) => {
      drawn(shape, true);
      crosshair.value = null;
      document.getElementById('field-geometry')?.focus();
    },
  };
}

function Ways({ value }: { value: Geometry | null }) {
  return (
    <div class="ways">
      {KINDS.map(([kind, name]) => (
        <button key={kind} type="button" class="button" onClick={() => start(kind)}>
          <Icon name={kind} />
          {t(name)}
        </button>
      ))}
      {value && canReshape(value) && (
        <button
          type="button"
          class="button"
          onClick={() => {
            toMap();
            reshape(value, drawn);
          }}
        >
          {t('place.reshape')}
        </button>
      )}
      <button type="button" class="button" aria-expanded={way.value === 'pick'} onClick={() => (way.value = way.value === 'pick' ? '' : 'pick')}>
        {t('place.pick')}
      </button>
      <button type="button" class="button" aria-expanded={way.value === 'type'} onClick={() => (way.value = way.value === 'type' ? '' : 'type')}>
        {t('place.type')}
      </button>
      <details class="keys-ways">
        <summary>
          {t('place.keys')}
          <Icon name="down" />
        </summary>
        {KINDS.map(([kind, , name]) => (
          <button key={kind} type="button" class="button" onClick={() => startKeys(kind)}>
            {t(name)}
          </button>
        ))}
      </details>
      {value && (
        <button
          type="button"
          class="button"
          onClick={() => {
            change(GEOMETRY, null);
            announcement.value = t('place.none');
          }}
        >
          {t('place.remove')}
        </button>
      )}
    </div>
  );
}

function Drawing() {
  const keys = crosshair.value !== null;
  const tool = drawing.value?.tool;
  return (
    <div class="hint" role="status">
      <p>{keys ? t('place.keysHow') : tool ? t('place.how') : t('place.reshapeHow')}</p>
      <button
        type="button"
        class="button primary"
        onClick={() => {
          stopDrawing();
          document.getElementById('field-geometry')?.focus();
        }}
      >
        {t('place.done')}
      </button>
    </div>
  );
}

interface Outline {
  name: string;
  group: string;
  geometry: Geometry;
}

/** Outlines that are there: centre areas, other interventions, streets and facilities of the city. */
function Pick({ city, id }: { city: string; id: string }) {
  const [outlines, setOutlines] = useState<Outline[] | null>(null);
  useEffect(() => void outlinesOf(city, id).then(setOutlines), [city, id]);
  const groups = [...new Set((outlines ?? []).map(({ group }) => group))];
  return (
    <div class="field">
      <label for="outline">{t('place.pickWhich')}</label>
      {!city && <p class="help">{t('place.pickCity')}</p>}
      <span class="select full">
        <select
          id="outline"
          disabled={!outlines?.length}
          value=""
          onChange={(event) => {
            const one = outlines?.[Number(event.currentTarget.value)];
            if (!one) return;
            drawn(one.geometry, true);
            way.value = '';
            document.getElementById('field-geometry')?.focus();
          }}
        >
          <option value="">{t('edit.choose')}</option>
          {groups.map((group) => (
            <optgroup key={group} label={group}>
              {(outlines ?? []).map((one, i) =>
                one.group === group ? (
                  <option key={i} value={String(i)}>
                    {one.name}
                  </option>
                ) : null,
              )}
            </optgroup>
          ))}
        </select>
        <Icon name="down" />
      </span>
    </div>
  );
}

async function outlinesOf(city: string, id: string): Promise<Outline[]> {
  const all = plan.value;
  if (!all || !city) return [];
  const areas = all.areas.filter((one) => one.city === city).flatMap(({ geometry, name }) => (geometry ? [{ name, geometry, group: t('legend.area') }] : []));
  const others = all.interventions
    .filter((one) => one.city === city && one.id !== id)
    .flatMap((one) => (one.geometry ? [{ name: titleOf(one).text, geometry: one.geometry, group: t('list.label') }] : []));
  const near = (geometry: Geometry | null) => {
    const [box, at] = [all.cities.get(city)?.box, boxOf(geometry)];
    return box && at && at[0] <= box[2] && at[2] >= box[0] && at[1] <= box[3] && at[3] >= box[1];
  };
  const ground = async (collection: string, member: string, group: string) =>
    (await items(collection).catch(() => [])).flatMap(({ geometry, properties }) =>
      geometry && (properties.city === city || near(geometry)) ? [{ name: String(properties[member] ?? ''), geometry, group }] : [],
    );
  const [streets, facilities] = await Promise.all([ground('segments', 'street', t('legend.street')), ground('facilities', 'name', t('legend.facility'))]);
  const collator = new Intl.Collator(language.value);
  const named = (list: Outline[]) => list.filter(({ name }) => name).sort((a, b) => collator.compare(a.name, b.name));
  return [...named(areas), ...named(streets), ...named(facilities), ...named(others)];
}

const KIND_OF: Partial<Record<Geometry['type'], Kind>> = {
  Point: 'point',
  MultiPoint: 'point',
  LineString: 'line',
  MultiLineString: 'line',
  Polygon: 'polygon',
  MultiPolygon: 'polygon',
};

const READ_FAULTS: Record<'few' | 'unread' | 'range' | 'crossing', Key> = {
  few: 'place.few',
  unread: 'place.unread',
  range: 'place.range',
  crossing: 'place.crossing',
};

function Typed({ value }: { value: Geometry | null }) {
  const [kind, setKind] = useState<Kind>((value && KIND_OF[value.type]) ?? 'point');
  const [text, setText] = useState(writeShape(value));
  const [fault, setFault] = useState<{ kind: keyof typeof READ_FAULTS; line: number } | null>(null);
  const take = () => {
    const read = readShape(text, kind);
    setFault(read.fault ?? null);
    if (!read.shape) {
      document.getElementById('typed')?.focus();
      return;
    }
    drawn(read.shape, true);
    const box = boxOf(read.shape);
    if (box) goal.value = { to: 'view', view: { lon: (box[0] + box[2]) / 2, lat: (box[1] + box[3]) / 2, zoom: 16 } };
    way.value = '';
    document.getElementById('field-geometry')?.focus();
  };
  return (
    <div class="typed">
      <fieldset class="field">
        <legend>{t('place.kind')}</legend>
        <div class="choices">
          {KINDS.map(([id, name]) => (
            <label key={id} class="choice">
              <input type="radio" name="typed-kind" checked={kind === id} onChange={() => setKind(id)} />
              <span>{t(name)}</span>
            </label>
          ))}
        </div>
      </fieldset>
      <div class={`field ${fault ? 'wrong' : ''}`}>
        <label for="typed">{t('place.typed')}</label>
        <p class="help" id="typed-help">
          {t('place.typedHelp')}
        </p>
        {fault && (
          <p class="fault" id="typed-fault" role="alert">
            {t(READ_FAULTS[fault.kind], { line: fault.line })}
          </p>
        )}
        <textarea id="typed" class="input code" rows={4} spellcheck={false} aria-invalid={fault ? 'true' : undefined} aria-describedby={fault ? 'typed-help typed-fault' : 'typed-help'} value={text} onInput={(event) => setText(event.currentTarget.value)} />
      </div>
      <button type="button" class="button" onClick={take}>
        {t('place.take')}
      </button>
    </div>
  );
}

/** "Line, 5 corners, 320 m": a place in words. */
export function describe(geometry: Geometry | null): string {
  if (!geometry) return t('place.none');
  if (geometry.type === 'GeometryCollection') return t('place.several', { count: geometry.geometries.length });
  const parts = geometry.type.startsWith('Multi') ? (geometry.coordinates as unknown[]).length : 1;
  if (geometry.type === 'Point') {
    const [lon = 0, lat = 0] = geometry.coordinates;
    return t('place.isPoint', { lat: number(lat), lon: number(lon) });
  }
  if (geometry.type === 'LineString') return t('place.isLine', { metres: number(Math.round(lengthOf(geometry.coordinates))), count: geometry.coordinates.length });
  if (geometry.type === 'Polygon') return t('place.isArea', { metres: number(Math.round(areaOf(geometry))), count: geometry.coordinates.reduce((sum, ring) => sum + ring.length - 1, 0) });
  return t('place.several', { count: parts });
}

const lengthOf = (line: number[][]) => line.reduce((sum, at, i) => (i ? sum + metresBetween(line[i - 1]!, at) : 0), 0);

/*! The map is drawn by MapLibre GL JS, 3-Clause BSD, https://github.com/maplibre/maplibre-gl-js/blob/main/LICENSE.txt */
// The map itself: draws what the state says, goes where it is asked to, and tells the state what was pointed at.
import { computed, effect } from '@preact/signals';
import { Map, ScaleControl, setWorkerUrl, type LngLatBounds, type MapMouseEvent, type PointLike, type StyleSpecification } from 'maplibre-gl';
import 'maplibre-gl/dist/maplibre-gl.css';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url';
import { address } from '../api';
import { boxOf, join, type Box } from '../geometry';
import { language, t } from '../i18n';
import { crosshair, drawing, taker } from '../draw/drawing';
import { announcement, chooseCity, cityName, filter, goal, hovered, month, NEAR, plan, select, selected, shownOnMap, tab, theMap, view, type Goal } from '../state';
import { onMap, type AnswerOnMap } from '../state/ask';
import { touched } from '../state/changes';
import { scheme } from '../shown';
import type { Mark } from '../signs';
import { areaNames, CITY_ZOOM, counts, marks } from './content';
import { refresh } from './fresh';
import { drawImage } from './images';
import { readPalette, type Palette } from './palette';
import { buildStyle, COUNTS, hoveredFilter, TOUCHABLE, type Scene } from './style';

setWorkerUrl(new URL(workerUrl, document.baseURI).href);

const EUROPE: Box = [-10, 36, 30, 57];
const FLIGHT_MS = 900;
const SETTLE_MS = 50;
const WITH_LEGEND = 1000; // a map as wide as this has its legend open
const LEGEND = 310;

export interface Options {
  /** On paper the map shows what it showed before, keeps its picture, and moves nothing else. */
  paper?: boolean;
}

/** What the map last showed. */
let extent: LngLatBounds | null = null;

/** Opens the map in a container; ends it when called. */
export function open(container: HTMLElement, { paper = false }: Options = {}): () => void {
  let palette = readPalette();
  const palettes = { [palette.theme]: palette };
  const start = paper && extent ? null : view.value;
  const before = paper ? extent : null;
  const map = new Map({
    container,
    style: buildStyle(scene(palette)),
    ...(start ? { center: [start.lon, start.lat], zoom: start.zoom } : { bounds: before ?? EUROPE, fitBoundsOptions: { padding: before ? 0 : 24 } }),
    canvasContextAttributes: { preserveDrawingBuffer: paper },
    ...(paper ? { pixelRatio: Math.max(2, devicePixelRatio) } : {}),
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    maxPitch: 0,
    minZoom: 2,
    maxZoom: 19,
    fadeDuration: 120,
    renderWorldCopies: false,
    locale: { 'Map.Title': t('map.label') },
    validateStyle: import.meta.env.DEV,
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new ScaleControl({ unit: 'metric', maxWidth: 90 }), 'bottom-right');
  map.setMissingStyleImageResolver((id) => {
    const image = drawImage(id, palettes);
    if (image && !map.hasImage(id)) map.addImage(id, image.data, { pixelRatio: image.pixelRatio });
  });
  map.on('moveend', () => {
    if (paper) return;
    extent = map.getBounds();
    const { lng, lat } = map.getCenter();
    view.value = { lon: lng, lat, zoom: map.getZoom() };
  });
  map.on('click', (event) => click(map, event));
  map.on('mousemove', (event) => point(map, event));
  map.on('mouseout', () => (hovered.value = ''));

  const ends: (() => void)[] = [
    effect(() => {
      if (goal.value && plan.value) go(map, goal.value, FLIGHT_MS);
    }),
    effect(() => map.getCanvas().setAttribute('aria-label', t('map.label'))),
  ];
  map.once('style.load', () => {
    ends.push(
      effect(() => {
        palette = readPalette();
        palettes[palette.theme] = palette;
        later(map, scene(palette));
      }),
      effect(() => emphasise(map, hovered.value)),
      effect(() => {
        if (touched.value) refresh(map, touched.value);
      }),
      ...(paper ? [] : [drawOn(map)]),
    );
    if (!paper) theMap.value = map;
  });
  if (!start && !before) go(map, firstGoal(), 0);
  Object.assign(window, { cityheart: { map, idle: () => idle(map) } }); // for those who drive the page from outside
  return () => {
    if (!paper) theMap.value = null;
    ends.forEach((end) => end());
    closed.add(map);
    map.remove();
  };
}

// What is dear to make anew is made only when the list changes.
const shown = computed(() => shownOnMap.value ?? plan.value?.interventions ?? []);
const none = { type: 'FeatureCollection' as const, features: [] };
const countPoints = computed(() => (plan.value ? counts(plan.value, shown.value, cityName) : none));
const markPoints = computed(() => marks(shown.value, scheme.value.markOf));
/** Who is of which kind; the tiles know the status as it stands themselves. */
const kinds = computed(() => {
  if (scheme.value.id === 'status' && month.value === null) return null;
  const ids = new globalThis.Map<Mark, string[]>(scheme.value.kinds.map(({ mark }) => [mark, []]));
  for (const one of shown.value) ids.get(scheme.value.markOf(one))?.push(one.id);
  return [...ids].map(([mark, all]) => ({ mark, ids: all }));
});
const areaPoints = computed(() => areaNames(plan.value?.areas ?? [], language.value));
const shownIds = computed(() => shownOnMap.value?.map((one) => one.id) ?? null);

/** The answer, and the corners that are being set under the cross. */
const answerShapes = computed<AnswerOnMap>(() => {
  const corners = crosshair.value?.corners ?? [];
  if (!corners.length) return onMap.value;
  const draft = [
    ...corners.map((at) => ({ type: 'Feature' as const, properties: { role: 'corner' }, geometry: { type: 'Point' as const, coordinates: at } })),
    ...(corners.length > 1 ? [{ type: 'Feature' as const, properties: { role: 'draft' }, geometry: { type: 'LineString' as const, coordinates: corners } }] : []),
  ];
  return { ...onMap.value, shapes: { type: 'FeatureCollection', features: [...onMap.value.shapes.features, ...draft] } };
});

function scene(palette: Palette): Scene {
  return {
    palette,
    language: language.value,
    tiles: address('tiles/'),
    counts: countPoints.value,
    marks: markPoints.value,
    areaNames: areaPoints.value,
    ids: shownIds.value,
    kinds: kinds.value,
    selected: selected.value,
    hovered: hovered.peek(),
    answer: answerShapes.value,
  };
}

const closed = new WeakSet<Map>();
let waiting: Scene | null = null;

/** The list is shown first, and only the last of quick changes is drawn. */
function later(map: Map, next: Scene): void {
  const alone = waiting === null;
  waiting = next;
  if (!alone) return;
  setTimeout(() => {
    const last = waiting;
    waiting = null;
    if (last && !closed.has(map)) map.setStyle(buildStyle(last), { diff: true, transformStyle: withDrawing });
  }, SETTLE_MS);
}

/** What is being drawn has layers of its own, which a new style leaves where they are: on top. */
function withDrawing(before: StyleSpecification | undefined, next: StyleSpecification): StyleSpecification {
  const own = (id: string) => id.startsWith('td-');
  const layers = before?.layers.filter(({ id }) => own(id)) ?? [];
  if (!before || !layers.length) return next;
  const sources = Object.fromEntries(Object.entries(before.sources).filter(([id]) => own(id)));
  return { ...next, sources: { ...next.sources, ...sources }, layers: [...next.layers, ...layers] };
}

/** The tools for drawing come where there is something to draw: a first stroke must not be lost to loading. */
function drawOn(map: Map): () => void {
  let detach: (() => void) | undefined;
  let asked = false;
  const end = effect(() => {
    if ((!drawing.value && tab.value !== 'ask') || asked) return;
    asked = true;
    void import('../draw/terra').then(({ attach }) => {
      if (!closed.has(map)) detach = attach(map);
    });
  });
  return () => {
    end();
    detach?.();
  };
}

/** What is pointed at changes too often for a whole style. */
function emphasise(map: Map, id: string): void {
  map.setFilter('casing-hovered', hoveredFilter(id));
}

function firstGoal(): Goal {
  if (selected.value && plan.value?.byId.get(selected.value)?.box) return { to: 'item', id: selected.value };
  return filter.value.city ? { to: 'city', id: filter.value.city } : { to: 'all' };
}

function go(map: Map, goal: Goal, duration: number): void {
  if (goal.to === 'view') {
    map.jumpTo({ center: [goal.view.lon, goal.view.lat], zoom: goal.view.zoom });
    return;
  }
  const box = boxOfGoal(goal);
  if (!box) return;
  const narrow = map.getContainer().clientWidth < 600;
  const edge = goal.to === 'all' ? (narrow ? 44 : 90) : narrow ? 36 : 72;
  // Names stand to the right of their points; buttons lie on the map, and on a wide one the open legend.
  const left = goal.to !== 'all' && map.getContainer().clientWidth >= WITH_LEGEND ? LEGEND : edge;
  const padding = { top: edge, bottom: edge, left, right: narrow ? 72 : edge + 24 };
  const options = { padding, maxZoom: goal.to === 'item' ? 16.5 : 15.5, duration: reduced() ? 0 : duration };
  map.fitBounds(box, options);
}

const reduced = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

function boxOfGoal(goal: Exclude<Goal, { to: 'view' }>): Box | null {
  const all = plan.value;
  if (!all) return null;
  if (goal.to === 'box') return goal.box;
  if (goal.to === 'item') return all.byId.get(goal.id)?.box ?? null;
  const cities = goal.to === 'city' ? [all.cities.get(goal.id)] : [...all.cities.values()];
  return join(cities.map((city) => city?.box ?? (city?.point ? boxOf({ type: 'Point', coordinates: city.point }) : null)));
}

/** Ids of interventions at a point, the smallest things first, each once. */
function at(map: Map, { x, y }: { x: number; y: number }, reach: number): string[] {
  const box: [PointLike, PointLike] = [
    [x - reach, y - reach],
    [x + reach, y + reach],
  ];
  const found = map.queryRenderedFeatures(box, { layers: TOUCHABLE.filter((id) => map.getLayer(id)) });
  const rank = (id: string) => Math.min(TOUCHABLE.indexOf(id), 2) + (id === 'fills' || id === 'hatch' ? 1 : 0);
  found.sort((a, b) => rank(a.layer.id) - rank(b.layer.id));
  return [...new Set(found.map((feature) => String(feature.properties.id)))];
}

function countAt(map: Map, where: MapMouseEvent['point']): Record<string, unknown> | null {
  return map.queryRenderedFeatures(where, { layers: COUNTS.filter((id) => map.getLayer(id)) })[0]?.properties ?? null;
}

/** Things that lie on each other are opened in turn. */
function click(map: Map, event: MapMouseEvent): void {
  if (drawing.value?.tool || crosshair.value) return;
  if (taker.value) {
    taker.value([event.lngLat.lng, event.lngLat.lat]);
    return;
  }
  const ids = at(map, event.point, 6);
  if (ids.length) {
    const next = ids[(ids.indexOf(selected.value) + 1) % ids.length]!;
    select(next, false);
    // What is no part of an answer is read in the plan.
    if (tab.value === 'compare' || (tab.value === 'ask' && !onMap.value.ids.includes(next))) tab.value = 'plan';
    if (ids.length > 1) announcement.value = t('map.several', { at: ids.indexOf(next) + 1, count: ids.length });
    return;
  }
  const count = countAt(map, event.point);
  if (!count) return;
  if (count.city) {
    chooseCity(String(count.city));
    return;
  }
  const cities = plan.value?.partners.find((one) => one.id === count.partner)?.cities ?? [];
  const box = join(cities.map((city) => (city.point ? boxOf({ type: 'Point', coordinates: city.point }) : null)));
  const camera = box && map.cameraForBounds(box, { padding: 96, maxZoom: NEAR - 0.3 });
  if (camera?.center) map.flyTo({ center: camera.center, zoom: Math.max(camera.zoom ?? 0, CITY_ZOOM + 0.2), duration: reduced() ? 0 : FLIGHT_MS });
}

function point(map: Map, event: MapMouseEvent): void {
  if (drawing.value?.tool) return;
  if (taker.value) {
    map.getCanvas().style.cursor = 'crosshair';
    return;
  }
  const id = at(map, event.point, 3)[0] ?? '';
  hovered.value = id;
  map.getCanvas().style.cursor = id || countAt(map, event.point) ? 'pointer' : '';
}

/** Settles once the map stands still and everything asked for is drawn. */
function idle(map: Map): Promise<void> {
  return new Promise((settle) => {
    map.once('idle', () => (waiting ? void idle(map).then(settle) : settle()));
    if (waiting) setTimeout(() => map.triggerRepaint(), SETTLE_MS);
    else map.triggerRepaint();
  });
}


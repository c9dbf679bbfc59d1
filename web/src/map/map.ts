/*! The map is drawn by MapLibre GL JS, 3-Clause BSD, https://github.com/maplibre/maplibre-gl-js/blob/main/LICENSE.txt */
// The map: draws the scene, moves the camera to the state's goal, and reports what the pointer selects.
import { effect } from '@preact/signals';
import type { Position } from 'geojson';
import {
  Map as MapView,
  ScaleControl,
  type FitBoundsOptions,
  type LngLatBounds,
  type MapMouseEvent,
  type PointLike,
  type StyleSpecification,
} from 'maplibre-gl';
import './mapLibrary';
import { boundingBox, joinBoxes, type BoundingBox } from '../geometry';
import { t } from '../i18n';
import { withTimeLimit } from '../timeLimit';
import { crosshair, drawing, tapHandler } from '../draw/drawing';
import { announcement, selectCity, filter, cameraGoal, hovered, plan, selectIntervention, selected, tab, mainMap, camera, type CameraGoal } from '../state';
import { answerOverlay } from '../state/query';
import { changedArea } from '../state/planChanges';
import { keyboardPointing } from '../state/keyboardPointer';
import { secondMap } from '../state/secondMap';
import { loadExternalStyle } from './externalStyle';
import { refreshTiles } from './tileRefresh';
import { drawImage } from './symbolImages';
import { readPalette } from './palette';
import { firstScene, secondScene } from './scene';
import type { MapScene } from './mapScene';
import { buildStyle, COUNT_LAYERS, hoveredFilter, CLICKABLE_LAYERS } from './style';
import { syncCameras } from './cameraSync';
import { CITY_ZOOM, DETAIL_ZOOM } from './zoomLevels';

const EUROPE: BoundingBox = [-10, 36, 30, 57];
const FLIGHT_MS = 900;
const SETTLE_MS = 50;
const LEGEND_OPEN_PX = 1000; // a map as wide as this has its legend open
const LEGEND_PX = 310;

export interface MapOptions {
  /** For printing: shows the screen's extent, keeps its picture readable, and changes no state. */
  paper?: boolean;
  /** The second of two maps: it shows its own scene, and its camera follows the first. */
  second?: boolean;
}

/** The extent that the map last showed. */
let lastExtent: LngLatBounds | null = null;

/** The centres of two different cities, between which the cameras keep the same offset. */
function cityCentres(): [Position, Position] | null {
  const [one, other] = [filter.peek().city, secondMap.peek()?.city].map((id) => plan.peek()?.cities.get(id ?? '')?.point ?? null);
  return one && other ? [one, other] : null;
}

/** Opens the map in a container. Returns the function that closes it. */
export function openMap(container: HTMLElement, { paper = false, second = false }: MapOptions = {}): () => void {
  const main = !paper && !second;
  const scene = second ? secondScene : firstScene;
  let palette = readPalette();
  const palettes = { [palette.theme]: palette };
  const start = paper && lastExtent ? null : camera.value;
  const before = paper ? lastExtent : null;
  const place = start
    ? null
    : before
      ? { box: before, options: {} }
      : (!second && fitGoal(container, initialGoal())) || {
          box: EUROPE,
          options: { padding: Math.min(24, container.clientWidth / 4, container.clientHeight / 4) },
        };
  const map = new MapView({
    container,
    style: buildStyle(scene(palette)),
    ...(place ? { bounds: place.box, fitBoundsOptions: place.options } : { center: [start!.lon, start!.lat], zoom: start!.zoom }),
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
    if (!main) return;
    lastExtent = map.getBounds();
    const { lng, lat } = map.getCenter();
    camera.value = { lon: lng, lat, zoom: map.getZoom() };
  });
  map.on('click', (event) => handleClick(map, event));
  map.on('mousemove', (event) => handleMove(map, event));
  map.on('mouseout', () => (hovered.value = ''));
  if (main) pointWithKeys(map);

  const ends: (() => void)[] = [
    effect(() => {
      if (!second && cameraGoal.value && plan.value) moveCamera(map, cameraGoal.value, FLIGHT_MS);
    }),
    effect(() => map.getCanvas().setAttribute('aria-label', second ? t('beside.map') : t('map.label'))),
  ];
  void loadExternalStyle(map);
  map.once('style.load', () => {
    ends.push(
      effect(() => {
        palette = readPalette();
        palettes[palette.theme] = palette;
        scheduleScene(map, scene(palette));
      }),
      effect(() => highlightHovered(map, hovered.value)),
      effect(() => {
        if (changedArea.value) refreshTiles(map, changedArea.value);
      }),
      ...(main ? [loadDrawTools(map)] : []),
    );
    if (main) mainMap.value = map;
    if (second && mainMap.value) ends.push(syncCameras(mainMap.value, map, cityCentres()));
  });
  if (!second) Object.assign(window, { cityheart: { map, idle: () => waitForIdle(map) } });
  else Object.assign(window, { besideMap: { map, idle: () => waitForIdle(map) } }); // for the browser tests
  return () => {
    if (main) mainMap.value = null;
    ends.forEach((end) => end());
    closedMaps.add(map);
    map.remove();
  };
}

const closedMaps = new WeakSet<MapView>();
const pendingScenes = new WeakMap<MapView, MapScene>();

/** Applies the last of several quick changes, after the list has rendered. */
function scheduleScene(map: MapView, next: MapScene): void {
  const alone = !pendingScenes.has(map);
  pendingScenes.set(map, next);
  if (!alone) return;
  setTimeout(() => {
    const last = pendingScenes.get(map);
    pendingScenes.delete(map);
    if (last && !closedMaps.has(map)) map.setStyle(buildStyle(last), { diff: true, transformStyle: keepDrawingLayers });
  }, SETTLE_MS);
}

/** Keeps the layers of Terra Draw, on top, when the style changes. */
function keepDrawingLayers(before: StyleSpecification | undefined, next: StyleSpecification): StyleSpecification {
  const own = (id: string) => id.startsWith('td-');
  const layers = before?.layers.filter(({ id }) => own(id)) ?? [];
  if (!before || !layers.length) return next;
  const sources = Object.fromEntries(Object.entries(before.sources).filter(([id]) => own(id)));
  return { ...next, sources: { ...next.sources, ...sources }, layers: [...next.layers, ...layers] };
}

/** Loads the drawing tools with the Ask tab or the first drawing: a first stroke must not be lost to loading. */
function loadDrawTools(map: MapView): () => void {
  let detach: (() => void) | undefined;
  let asked = false;
  const end = effect(() => {
    if ((!drawing.value && tab.value !== 'ask') || asked) return;
    asked = true;
    void import('../draw/terra').then(({ attachTerraDraw: attach }) => {
      if (!closedMaps.has(map)) detach = attach(map);
    });
  });
  return () => {
    end();
    detach?.();
  };
}

/** The hovered feature changes too often to rebuild the style. */
function highlightHovered(map: MapView, id: string): void {
  map.setFilter('casing-hovered', hoveredFilter(id));
}

function initialGoal(): Exclude<CameraGoal, { to: 'view' }> {
  if (selected.value && plan.value?.byId.get(selected.value)?.box) return { to: 'item', id: selected.value };
  return filter.value.city ? { to: 'city', id: filter.value.city } : { to: 'all' };
}

function moveCamera(map: MapView, goal: CameraGoal, duration: number): void {
  if (goal.to === 'view') {
    map.jumpTo({ center: [goal.view.lon, goal.view.lat], zoom: goal.view.zoom });
    return;
  }
  const place = fitGoal(map.getContainer(), goal);
  if (place) map.fitBounds(place.box, { ...place.options, duration: prefersReducedMotion() ? 0 : duration });
}

/** The extent that a map of this size shows for a goal. */
function fitGoal(
  { clientWidth: width, clientHeight: height }: HTMLElement,
  goal: Exclude<CameraGoal, { to: 'view' }>,
): { box: BoundingBox; options: FitBoundsOptions } | null {
  const box = boxOfGoal(goal);
  if (!box) return null;
  const narrow = width < 600;
  const edge = goal.to === 'all' ? (narrow ? 44 : 90) : narrow ? 36 : 72;
  // Labels stand to the right of their points; buttons, and on a wide map the open legend, cover its edges.
  const left = goal.to !== 'all' && width >= LEGEND_OPEN_PX ? LEGEND_PX : edge;
  const [across, down] = [width / 4, height / 4]; // a small map keeps half of its width for the content
  const padding = {
    top: Math.min(edge, down),
    bottom: Math.min(edge, down),
    left: Math.min(left, across * 1.5),
    right: Math.min(narrow ? 72 : edge + 24, across),
  };
  return { box, options: { padding, maxZoom: goal.to === 'item' ? 16.5 : 15.5 } };
}

const prefersReducedMotion = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

function boxOfGoal(goal: Exclude<CameraGoal, { to: 'view' }>): BoundingBox | null {
  const all = plan.value;
  if (!all) return null;
  if (goal.to === 'box') return goal.box;
  if (goal.to === 'item') return all.byId.get(goal.id)?.box ?? null;
  const cities = goal.to === 'city' ? [all.cities.get(goal.id)] : [...all.cities.values()];
  return joinBoxes(cities.map((city) => city?.box ?? (city?.point ? boundingBox({ type: 'Point', coordinates: city.point }) : null)));
}

/** Ids of the interventions at a point, the smallest features first, each once. */
function interventionsAt(map: MapView, { x, y }: { x: number; y: number }, reach: number): string[] {
  const box: [PointLike, PointLike] = [
    [x - reach, y - reach],
    [x + reach, y + reach],
  ];
  const found = map.queryRenderedFeatures(box, { layers: CLICKABLE_LAYERS.filter((id) => map.getLayer(id)) });
  const rank = (id: string) => Math.min(CLICKABLE_LAYERS.indexOf(id), 2) + (id === 'fills' || id === 'hatch' ? 1 : 0);
  found.sort((a, b) => rank(a.layer.id) - rank(b.layer.id));
  return [...new Set(found.map((feature) => String(feature.properties.id)))];
}

function countAt(map: MapView, where: { x: number; y: number }): Record<string, unknown> | null {
  return map.queryRenderedFeatures([where.x, where.y], { layers: COUNT_LAYERS.filter((id) => map.getLayer(id)) })[0]?.properties ?? null;
}

/** While the map has keyboard focus, its centre points and Enter clicks. */
function pointWithKeys(map: MapView): void {
  const canvas = map.getCanvas();
  const middle = () => map.project(map.getCenter());
  canvas.addEventListener('focus', () => (keyboardPointing.value = canvas.matches(':focus-visible')));
  canvas.addEventListener('blur', () => (keyboardPointing.value = false));
  canvas.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || drawing.peek()?.tool || crosshair.peek()) return;
    event.preventDefault();
    if (tapHandler.peek()) tapHandler.peek()!(map.getCenter().toArray());
    else activateAt(map, middle(), KEY_REACH_PX);
  });
  map.on('moveend', () => {
    if (keyboardPointing.peek()) hovered.value = interventionsAt(map, middle(), KEY_REACH_PX)[0] ?? '';
  });
}

/** Features that overlap are selected in turn. */
function handleClick(map: MapView, event: MapMouseEvent): void {
  if (drawing.value?.tool || crosshair.value) return;
  if (tapHandler.value) {
    tapHandler.value([event.lngLat.lng, event.lngLat.lat]);
    return;
  }
  activateAt(map, event.point, 6);
}

/** Reach of the map's centre in pixels. */
const KEY_REACH_PX = 14;

function activateAt(map: MapView, where: { x: number; y: number }, reach: number): void {
  const ids = interventionsAt(map, where, reach);
  if (ids.length) {
    const next = ids[(ids.indexOf(selected.value) + 1) % ids.length]!;
    selectIntervention(next, false);
    // An intervention outside the answer opens in the Plan tab.
    if (tab.value === 'compare' || (tab.value === 'ask' && !answerOverlay.value.ids.includes(next))) tab.value = 'plan';
    if (ids.length > 1) announcement.value = t('map.several', { at: ids.indexOf(next) + 1, count: ids.length });
    return;
  }
  const count = countAt(map, where);
  if (!count) return;
  if (count.city) {
    selectCity(String(count.city));
    return;
  }
  const cities = plan.value?.partners.find((one) => one.id === count.partner)?.cities ?? [];
  const box = joinBoxes(cities.map((city) => (city.point ? boundingBox({ type: 'Point', coordinates: city.point }) : null)));
  const camera = box && map.cameraForBounds(box, { padding: 96, maxZoom: DETAIL_ZOOM - 0.3 });
  if (camera?.center) map.flyTo({ center: camera.center, zoom: Math.max(camera.zoom ?? 0, CITY_ZOOM + 0.2), duration: prefersReducedMotion() ? 0 : FLIGHT_MS });
}

function handleMove(map: MapView, event: MapMouseEvent): void {
  if (drawing.value?.tool) return;
  if (tapHandler.value) {
    map.getCanvas().style.cursor = 'crosshair';
    return;
  }
  const id = interventionsAt(map, event.point, 3)[0] ?? '';
  hovered.value = id;
  map.getCanvas().style.cursor = id || countAt(map, event.point) ? 'pointer' : '';
}

const IDLE_LIMIT_MS = 60_000;

/** Resolves once the camera rests and everything is drawn; rejects after a minute with what is still missing. */
function waitForIdle(map: MapView): Promise<void> {
  const idle = async () => {
    do await nextIdle(map);
    while (pendingScenes.has(map));
  };
  return withTimeLimit(idle(), IDLE_LIMIT_MS, () => `The map is not at rest: ${unrestOf(map)}`);
}

function nextIdle(map: MapView): Promise<void> {
  return new Promise((settle) => {
    map.once('idle', () => settle());
    if (pendingScenes.has(map)) setTimeout(() => map.triggerRepaint(), SETTLE_MS);
    else map.triggerRepaint();
  });
}

function unrestOf(map: MapView): string {
  if (closedMaps.has(map)) return 'it is closed';
  if (pendingScenes.has(map)) return 'a new style waits to be drawn';
  if (!map.isStyleLoaded()) {
    const sources = Object.keys(map.getStyle()?.sources ?? {}).filter((id) => map.getSource(id) && !map.isSourceLoaded(id));
    return sources.length ? `tiles of ${sources.join(', ')} are missing` : 'its style is not loaded';
  }
  return map.isMoving() ? 'it moves' : 'it does not draw';
}

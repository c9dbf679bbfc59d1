// The plan drawn by maplibre-rs instead of MapLibre GL JS: fills and lines in one colour per status. A WebAssembly
// module (`web/maplibre-rs`), loaded when chosen, and only in builds that include it.
import { effect, untracked } from '@preact/signals';
import type { MapCamera } from '../address';
import { address } from '../api';
import { boundingBox, joinBoxes, type BoundingBox } from '../geometry';
import { t } from '../i18n';
import { withTimeLimit } from '../timeLimit';
import { filter, cameraGoal, plan, shownOnMap, camera, type CameraGoal } from '../state';
import { rendererBroken, rustMap, rustParts } from '../state/renderer';
import { WORLD_PX, shiftCamera, fitCamera, fromWorld, toWorld } from './mercator';

/** The interface of `web/maplibre-rs/src/browser.rs`. */
interface RendererPicture {
  look(lon: number, lat: number, zoom: number): void;
  resize(width: number, height: number): void;
  frame(): void;
  waiting(): number;
  free(): void;
}
interface RendererLibrary {
  default(): Promise<unknown>;
  Picture: { start(handle: number, width: number, height: number, server: string, filter: string): Promise<RendererPicture> };
}

const MIN_ZOOM = 2;
const MAX_ZOOM = 19;
const STEP_PX = 80;
const WHEEL_PX = 300; // wheel movement per zoom level
const FRAMES_AT_REST = 3; // so that the last tile is drawn before drawing stops
const MAX_IDS = 300; // the length of an address is limited

let handles = 0;

/**
 * Opens the map in a container. Returns the function that closes it. The library loads its tiles once, so another
 * filter opens a new picture.
 */
export function openMap(container: HTMLElement): () => void {
  let close = () => {};
  const end = effect(() => {
    const ids = shownOnMap.value?.map((one) => one.id) ?? null;
    untracked(() => {
      close();
      close = showInterventions(container, ids);
    });
  });
  return () => {
    end();
    close();
  };
}

/** Shows these interventions, or all for null. */
function showInterventions(container: HTMLElement, ids: string[] | null): () => void {
  const canvas = document.createElement('canvas');
  canvas.className = 'rust-map';
  canvas.tabIndex = 0;
  canvas.setAttribute('role', 'application');
  container.replaceChildren(canvas);
  const ends: (() => void)[] = [];
  let picture: RendererPicture | null = null;
  let closed = false;
  let atRest = 0;
  let center: MapCamera = camera.value ?? { lon: 10, lat: 47, zoom: 3.5 };

  const size = () => [Math.max(1, container.clientWidth), Math.max(1, container.clientHeight)] as const;
  const wake = () => {
    atRest = 0;
  };
  const look = (next: MapCamera) => {
    center = { ...next, zoom: Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, next.zoom)) };
    guarded(() => picture?.look(center.lon, center.lat, center.zoom));
    wake();
  };
  const settle = () => {
    camera.value = center;
  };
  /** An exception ends the library: its memory cannot be trusted any more. */
  const guarded = (act: () => void) => {
    try {
      act();
    } catch (error) {
      console.info(error);
      picture = null;
      rendererBroken.value = true;
    }
  };

  const start = async () => {
    const [width, height] = size();
    Object.assign(canvas, { width, height });
    canvas.dataset.rawHandle = String(++handles);
    const filtered = ids && ids.length <= MAX_IDS ? encodeURIComponent(`id IN (${ids.map((id) => `'${id.replaceAll("'", "''")}'`).join(',') || "''"})`) : '';
    const library = (await rustParts[0]!()) as RendererLibrary;
    await library.default();
    const started = await library.Picture.start(handles, width, height, address('.'), filtered);
    if (closed) return;
    picture = started;
    look(center);
  };
  const tick = () => {
    if (closed) return;
    if (picture && atRest < FRAMES_AT_REST) {
      guarded(() => picture?.frame());
      atRest = picture?.waiting() ? 0 : atRest + 1;
    }
    requestAnimationFrame(tick);
  };

  if (!camera.value) {
    const box = boxOfGoal(filter.value.city ? { to: 'city', id: filter.value.city } : { to: 'all' });
    if (box) center = fitCamera(box, ...size());
  }
  rendererBroken.value = false;
  // A failure during asynchronous work arrives as an error of the page.
  const ended = (event: ErrorEvent) => {
    if (event.error instanceof WebAssembly.RuntimeError) rendererBroken.value = true;
  };
  addEventListener('error', ended);
  ends.push(() => removeEventListener('error', ended));
  void start().catch((error: unknown) => {
    console.info(error);
    rendererBroken.value = true;
  });
  requestAnimationFrame(tick);

  const resized = new ResizeObserver(() => {
    const [width, height] = size();
    if (width === canvas.width && height === canvas.height) return;
    Object.assign(canvas, { width, height });
    guarded(() => picture?.resize(width, height));
    look(center);
  });
  resized.observe(container);
  ends.push(() => resized.disconnect());
  attachControls(canvas, () => center, look, settle);
  ends.push(effect(() => canvas.setAttribute('aria-label', t('map.label'))));
  let asked = cameraGoal.peek();
  ends.push(
    effect(() => {
      if (!cameraGoal.value || cameraGoal.value === asked) return;
      asked = cameraGoal.value;
      const box = cameraGoal.value.to === 'view' ? null : boxOfGoal(cameraGoal.value);
      if (cameraGoal.value.to === 'view') look(cameraGoal.value.view);
      else if (box) look(fitCamera(box, ...size()));
      settle();
    }),
  );
  rustMap.value = {
    zoomBy: (by) => {
      look({ ...center, zoom: center.zoom + by });
      settle();
    },
  };
  // For the browser tests.
  Object.assign(window, { cityheartRust: { idle: () => waitForRest(() => rendererBroken.value || (picture !== null && atRest >= FRAMES_AT_REST)) } });
  return () => {
    closed = true;
    settle();
    rustMap.value = null;
    ends.forEach((end) => end());
    guarded(() => picture?.free());
    canvas.remove();
  };
}

const REST_LIMIT_MS = 60_000;

async function waitForRest(still: () => boolean): Promise<void> {
  const deadline = performance.now() + REST_LIMIT_MS;
  while (!still()) {
    if (performance.now() > deadline) throw new Error(`The second renderer still draws (after ${REST_LIMIT_MS / 1000} s)`);
    await withTimeLimit(new Promise((next) => requestAnimationFrame(next)), REST_LIMIT_MS, () => 'The browser gives the second renderer no frame');
  }
}

/** Drag, wheel and keys move the camera. */
function attachControls(canvas: HTMLCanvasElement, now: () => MapCamera, look: (next: MapCamera) => void, settle: () => void): void {
  let held: { x: number; y: number } | null = null;
  const pan = (dx: number, dy: number) => look(shiftCamera(now(), dx, dy));
  const zoomAt = (by: number, x: number, y: number) => {
    const [dx, dy] = [x - canvas.clientWidth / 2, y - canvas.clientHeight / 2];
    const under = shiftCamera(now(), dx, dy);
    const zoom = Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, now().zoom + by));
    const [wx, wy] = toWorld(under);
    const scale = WORLD_PX * 2 ** zoom;
    look({ ...fromWorld(wx - dx / scale, wy - dy / scale), zoom });
  };
  const down = (event: PointerEvent) => {
    held = { x: event.clientX, y: event.clientY };
    canvas.setPointerCapture(event.pointerId);
  };
  const move = (event: PointerEvent) => {
    if (!held) return;
    pan(held.x - event.clientX, held.y - event.clientY);
    held = { x: event.clientX, y: event.clientY };
  };
  const up = () => {
    if (held) settle();
    held = null;
  };
  const wheel = (event: WheelEvent) => {
    event.preventDefault();
    const at = canvas.getBoundingClientRect();
    zoomAt(-event.deltaY / WHEEL_PX, event.clientX - at.left, event.clientY - at.top);
    settle();
  };
  const keys: Record<string, () => void> = {
    ArrowLeft: () => pan(-STEP_PX, 0),
    ArrowRight: () => pan(STEP_PX, 0),
    ArrowUp: () => pan(0, -STEP_PX),
    ArrowDown: () => pan(0, STEP_PX),
    '+': () => zoomAt(1, canvas.clientWidth / 2, canvas.clientHeight / 2),
    '-': () => zoomAt(-1, canvas.clientWidth / 2, canvas.clientHeight / 2),
  };
  const key = (event: KeyboardEvent) => {
    const act = keys[event.key === '=' ? '+' : event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
    settle();
  };
  canvas.addEventListener('pointerdown', down);
  canvas.addEventListener('pointermove', move);
  canvas.addEventListener('pointerup', up);
  canvas.addEventListener('pointercancel', up);
  canvas.addEventListener('wheel', wheel, { passive: false });
  canvas.addEventListener('keydown', key);
}

function boxOfGoal(to: Exclude<CameraGoal, { to: 'view' }>): BoundingBox | null {
  const all = plan.value;
  if (!all) return null;
  if (to.to === 'item') return all.byId.get(to.id)?.box ?? null;
  const cities = to.to === 'city' ? [all.cities.get(to.id)] : [...all.cities.values()];
  return joinBoxes(cities.map((city) => city?.box ?? (city?.point ? boundingBox({ type: 'Point', coordinates: city.point }) : null)));
}

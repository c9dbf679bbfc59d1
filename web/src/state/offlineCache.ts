// What this browser keeps so that the page opens without a connection; the work is done by `worker/`. Nothing is kept before the
// page stands, so that a first visit loads what it shows and nothing else.
import { signal } from '@preact/signals';
import type { WorkerMessage } from '../worker/cacheRules';

/** When the oldest of what is shown was had from the server, in milliseconds; null when all of it is as it stands. */
export const cachedSince = signal<number | null>(null);

/** An answer says itself when it is one that was kept. */
export function noteCachedResponse(answer: Response): void {
  const date = answer.headers.get('Cityheart-Kept');
  if (date !== null) cachedSince.value = Math.min(cachedSince.value ?? Infinity, Date.parse(date) || Date.now());
}

const postToWorker = async (told: WorkerMessage) => (await navigator.serviceWorker?.getRegistration())?.active?.postMessage(told);

/** Keeps what this page has loaded; for who edits also what they have not opened yet. */
export const cacheLoaded = (editing: boolean, anew = false) =>
  postToWorker({ loaded: performance.getEntriesByType('resource').map(({ name }) => name), all: editing, anew });

const QUIET_MS = 4000;
let quietTimer = 0;

/** What was saved is among what is kept, once the hand rests. */
export function cacheAfterSave(): void {
  clearTimeout(quietTimer);
  quietTimer = window.setTimeout(() => void cacheLoaded(true, true), QUIET_MS);
}

/** What one may see, another may not: called by who signs in or out. */
export const clearCachedAnswers = () => postToWorker('forget');

/** Called once. Browsers have service workers over https and on the device itself only; elsewhere the page needs its server. */
export async function startOfflineCache(editing: () => boolean): Promise<void> {
  const { serviceWorker } = navigator;
  if (!serviceWorker || import.meta.env.DEV) return;
  await new Promise((settle) => ('requestIdleCallback' in window ? requestIdleCallback(settle, { timeout: 5000 }) : setTimeout(settle, 2000)));
  serviceWorker.addEventListener('controllerchange', () => void cacheLoaded(editing()));
  await serviceWorker.register(new URL('service-worker.js', document.baseURI)).catch(() => null);
  await cacheLoaded(editing());
}

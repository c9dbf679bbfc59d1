// The offline cache as the page controls it; the service worker (`worker/`) does the work. Nothing is cached before the
// page is complete, so that a first visit loads only what it shows.
import { signal } from '@preact/signals';
import type { WorkerMessage } from '../worker/cacheRules';

/** When the oldest cached response on the page was loaded, in milliseconds; null when nothing comes from the cache. */
export const cachedSince = signal<number | null>(null);

/** Notes a response that the service worker took from its cache. */
export function noteCachedResponse(answer: Response): void {
  const date = answer.headers.get('Cityheart-Kept');
  if (date !== null) cachedSince.value = Math.min(cachedSince.value ?? Infinity, Date.parse(date) || Date.now());
}

const postToWorker = async (message: WorkerMessage) => (await navigator.serviceWorker?.getRegistration())?.active?.postMessage(message);

/** Caches what this page has loaded; for an editor also the parts that are not open yet. */
export const cacheLoaded = (editing: boolean, anew = false) =>
  postToWorker({ loaded: performance.getEntriesByType('resource').map(({ name }) => name), all: editing, anew });

const QUIET_MS = 4000;
let quietTimer = 0;

/** Caches the plan again after edits, once they pause. */
export function cacheAfterSave(): void {
  clearTimeout(quietTimer);
  quietTimer = window.setTimeout(() => void cacheLoaded(true, true), QUIET_MS);
}

/** Deletes cached answers when the account changes: permissions differ. */
export const clearCachedAnswers = () => postToWorker('forget');

/** Called once. Browsers run service workers over https and on localhost only; elsewhere the page needs its server. */
export async function startOfflineCache(editing: () => boolean): Promise<void> {
  const { serviceWorker } = navigator;
  if (!serviceWorker || import.meta.env.DEV) return;
  await new Promise((settle) => ('requestIdleCallback' in window ? requestIdleCallback(settle, { timeout: 5000 }) : setTimeout(settle, 2000)));
  serviceWorker.addEventListener('controllerchange', () => void cacheLoaded(editing()));
  await serviceWorker.register(new URL('service-worker.js', document.baseURI)).catch(() => null);
  await cacheLoaded(editing());
}

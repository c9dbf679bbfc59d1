// What this browser keeps so that the page opens without a connection; the work is done by `worker/`. Nothing is kept before the
// page stands, so that a first visit loads what it shows and nothing else.
import { signal } from '@preact/signals';
import type { WorkerMessage } from '../worker/cacheRules';

/** When the oldest of what is shown was had from the server, in milliseconds; null when all of it is as it stands. */
export const keptSince = signal<number | null>(null);

/** An answer says itself when it is one that was kept. */
export function noteKept(answer: Response): void {
  const date = answer.headers.get('Cityheart-Kept');
  if (date !== null) keptSince.value = Math.min(keptSince.value ?? Infinity, Date.parse(date) || Date.now());
}

const tell = async (told: WorkerMessage) => (await navigator.serviceWorker?.getRegistration())?.active?.postMessage(told);

/** Keeps what this page has loaded; for who edits also what they have not opened yet. */
export const keepAll = (editing: boolean, anew = false) =>
  tell({ loaded: performance.getEntriesByType('resource').map(({ name }) => name), all: editing, anew });

const REST_MS = 4000;
let resting = 0;

/** What was saved is among what is kept, once the hand rests. */
export function keepSaved(): void {
  clearTimeout(resting);
  resting = window.setTimeout(() => void keepAll(true, true), REST_MS);
}

/** What one may see, another may not: called by who signs in or out. */
export const forgetAll = () => tell('forget');

/** Called once. Browsers have service workers over https and on the device itself only; elsewhere the page needs its server. */
export async function startKeeping(editing: () => boolean): Promise<void> {
  const { serviceWorker } = navigator;
  if (!serviceWorker || import.meta.env.DEV) return;
  await new Promise((settle) => ('requestIdleCallback' in window ? requestIdleCallback(settle, { timeout: 5000 }) : setTimeout(settle, 2000)));
  serviceWorker.addEventListener('controllerchange', () => void keepAll(editing()));
  await serviceWorker.register(new URL('service-worker.js', document.baseURI)).catch(() => null);
  await keepAll(editing());
}

// The service worker: opens the page without a connection, with the plan as it was last loaded. It prefers the network
// to its caches, never touches a write, and keeps the responses of one owner only: visitor or account. When the owner
// changes, all cached answers are deleted.
import { isAnswer, isPrivate, resourceKind, filesNamedIn, type LoadedResources, type WorkerMessage } from './cacheRules';

declare const self: ServiceWorkerGlobalScope;

/** Inserted by the build: its files, and those of them that are code and styles of all languages. */
declare const THIS_BUILD: { files: string[]; program: string[] };

const { files, program } = THIS_BUILD;
const buildFiles = new Set(files);
const scope = new URL(self.registration.scope);
const PATIENCE_MS = 10_000;
const MAX_ENTRIES = { plan: 200, tile: 400 };
/** Counting the entries of a cache is slow, so it is trimmed once in so many writes. */
const TRIM_EVERY = 40;

const FILE_CACHE = `cityheart ${scope.pathname} files`;
type CacheOwner = 'visitor' | 'account';
type CachedKind = keyof typeof MAX_ENTRIES;
const cacheName = (kind: CachedKind, owner: CacheOwner) => `cityheart ${scope.pathname} ${kind} ${owner}`;
const kindOfAddress = (address: string) => resourceKind(new URL(address), scope, buildFiles);

/** Counts changes of the owner: responses to requests from before are not cached. */
let cacheGeneration = 0;
/** Whose answers are cached; unknown after the worker was stopped. */
let cacheOwner: CacheOwner | null = null;
let putCount = 0;

self.addEventListener('install', () => void self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const kind = request.method === 'GET' ? kindOfAddress(request.url) : null;
  if (kind === 'file') event.respondWith(serveFile(request.url));
  else if (kind === 'page' && request.mode === 'navigate')
    event.respondWith(networkOrCache(request, () => caches.match(scope.href, { cacheName: FILE_CACHE })));
  else if (kind === 'plan' || kind === 'tile') {
    const since = cacheGeneration;
    event.respondWith(
      networkOrCache(
        request,
        () => findCached(kind, request.url),
        (fresh) => event.waitUntil(cacheAnswer(kind, request.url, fresh, since)),
      ),
    );
  }
});

self.addEventListener('message', (event) => {
  const message = event.data as WorkerMessage;
  event.waitUntil(message === 'forget' ? deleteAllAnswers() : cacheLoadedResources(message));
});

/** Serves a file of the build. Its name is a hash of its content, so a cached copy is always right. */
async function serveFile(address: string): Promise<Response> {
  const cached = await caches.match(address, { cacheName: FILE_CACHE, ignoreVary: true });
  if (cached) return cached;
  const fresh = await fetch(address);
  if (fresh.ok) await putEntry(FILE_CACHE, address, fresh.clone());
  return fresh;
}

/** The network's response; the cached one, marked with its date, only where none comes. */
async function networkOrCache(request: Request, find: () => Promise<Response | undefined>, take?: (fresh: Response) => void): Promise<Response> {
  const fresh = fetch(request).then(
    (answer) => {
      if (answer.ok) take?.(answer.clone());
      return answer;
    },
    () => Response.error(),
  );
  const first = await Promise.race([fresh, new Promise<null>((settle) => setTimeout(settle, PATIENCE_MS, null))]);
  if (first && first.type !== 'error' && isAnswer(first)) return first;
  const cached = await find();
  if (!cached) return fresh;
  const headers = new Headers(cached.headers);
  headers.set('Cityheart-Kept', cached.headers.get('Date') ?? '');
  return new Response(cached.body, { status: cached.status, headers });
}

async function findCached(kind: CachedKind, address: string): Promise<Response | undefined> {
  const found = (owner: CacheOwner) => caches.match(address, { cacheName: cacheName(kind, owner), ignoreVary: true });
  return (await found('account')) ?? found('visitor');
}

/** Caches an answer. The answer of another owner deletes those of the owner before. */
async function cacheAnswer(kind: CachedKind, address: string, answer: Response, since: number): Promise<void> {
  if (since !== cacheGeneration) return;
  const owner: CacheOwner = isPrivate(answer) ? 'account' : 'visitor';
  if (owner !== cacheOwner) {
    cacheOwner = owner;
    await deleteCaches(owner === 'account' ? 'visitor' : 'account');
  }
  const name = cacheName(kind, owner);
  await putEntry(name, address, answer);
  if (since !== cacheGeneration) await caches.delete(name);
  else if (++putCount % TRIM_EVERY === 0) await trimCache(kind, name);
}

/** Writes an entry, or skips it where storage is full. */
async function putEntry(name: string, address: string, answer: Response): Promise<void> {
  await (await caches.open(name)).put(address, answer).catch(() => {});
}

/** Keeps the newest entries. */
async function trimCache(kind: CachedKind, name: string): Promise<void> {
  const cache = await caches.open(name);
  const oldest = (await cache.keys()).slice(0, -MAX_ENTRIES[kind]);
  await Promise.all(oldest.map((request) => cache.delete(request)));
}

async function deleteCaches(owner: CacheOwner): Promise<void> {
  await Promise.all((Object.keys(MAX_ENTRIES) as CachedKind[]).map((kind) => caches.delete(cacheName(kind, owner))));
}

async function deleteAllAnswers(): Promise<void> {
  cacheGeneration += 1;
  cacheOwner = null;
  await Promise.all([deleteCaches('account'), deleteCaches('visitor')]);
}

/**
 * Caches what a page loaded before the worker controlled it. The page itself is cached once all files that it names
 * are, so that both are of one build.
 */
async function cacheLoadedResources({ loaded, all, anew }: LoadedResources): Promise<void> {
  const since = cacheGeneration;
  const own = loaded.filter((address) => kindOfAddress(address) === 'file').map((address) => address.slice(scope.href.length));
  for (const path of new Set([...own, ...(all ? program : [])])) await serveFile(new URL(path, scope).href).catch(() => {});
  await cachePage(own);
  for (const address of new Set(loaded.filter((one) => kindOfAddress(one) === 'plan'))) {
    if (!anew && (await findCached('plan', address))) continue;
    const answer = await fetch(address).catch(() => null);
    if (answer?.ok) await cacheAnswer('plan', address, answer, since);
  }
}

/** Caches the page and deletes files of earlier builds. */
async function cachePage(own: readonly string[]): Promise<void> {
  const answer = await fetch(scope).catch(() => null);
  if (!answer?.ok) return;
  const named = filesNamedIn(await answer.clone().text());
  if (!named.length || !named.every((path) => own.includes(path))) return;
  const cache = await caches.open(FILE_CACHE);
  const there = new Set((await cache.keys()).map(({ url }) => url));
  if (!named.every((path) => there.has(new URL(path, scope).href))) return;
  await putEntry(FILE_CACHE, scope.href, answer);
  const old = [...there].filter((url) => url !== scope.href && kindOfAddress(url) !== 'file');
  await Promise.all(old.map((url) => cache.delete(url)));
}

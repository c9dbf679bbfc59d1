// The service worker: opens the page when there is no connection, with the plan as it was last known. It never answers from what it
// keeps while the network answers, never touches a write, and keeps what one asker may see: when somebody else asks, or nobody is
// signed in any more, all of it goes.
import { isAnswer, isPrivate, resourceKind, filesNamedIn, type LoadedResources, type WorkerMessage } from './cacheRules';

declare const self: ServiceWorkerGlobalScope;

/** Put in by the build: its files, and those among them that are program and style of every language. */
declare const THIS_BUILD: { files: string[]; program: string[] };

const { files, program } = THIS_BUILD;
const buildFiles = new Set(files);
const scope = new URL(self.registration.scope);
const PATIENCE_MS = 10_000;
const MAX_ENTRIES = { plan: 200, tile: 400 };
/** Looking how many there are is dear, so that it is done once in so many. */
const TRIM_EVERY = 40;

const FILE_CACHE = `cityheart ${scope.pathname} files`;
type CacheOwner = 'visitor' | 'account';
type CachedKind = keyof typeof MAX_ENTRIES;
const cacheName = (kind: CachedKind, owner: CacheOwner) => `cityheart ${scope.pathname} ${kind} ${owner}`;
const kindOfAddress = (address: string) => resourceKind(new URL(address), scope, buildFiles);

/** Grows when somebody else asks: answers to questions from before are not kept. */
let cacheGeneration = 0;
/** Whose answers are on the shelves; unknown after a rest. */
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

/** A file of the build is named after its content: what is kept of it is right. */
async function serveFile(address: string): Promise<Response> {
  const cached = await caches.match(address, { cacheName: FILE_CACHE, ignoreVary: true });
  if (cached) return cached;
  const fresh = await fetch(address);
  if (fresh.ok) await putEntry(FILE_CACHE, address, fresh.clone());
  return fresh;
}

/** The network's answer; what is kept, marked with its date, only where none comes. */
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

/** Puts an answer on its shelf. One of another asker than those that are there throws them away. */
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

/** What cannot be kept, because there is no room, is not kept. */
async function putEntry(name: string, address: string, answer: Response): Promise<void> {
  await (await caches.open(name)).put(address, answer).catch(() => {});
}

/** The last ones seen stay. */
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

/** Keeps what a page has loaded before we were there. The page itself is kept when all that it names is, so that both are of one build. */
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

/** Files of builds before this one go when its own page is there. */
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

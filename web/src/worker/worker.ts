// The service worker: opens the page when there is no connection, with the plan as it was last known. It never answers from what it
// keeps while the network answers, never touches a write, and keeps what one asker may see: when somebody else asks, or nobody is
// signed in any more, all of it goes.
import { isAnswer, isPrivate, kindOf, namedIn, type LoadedResources, type WorkerMessage } from './cacheRules';

declare const self: ServiceWorkerGlobalScope;

/** Put in by the build: its files, and those among them that are program and style of every language. */
declare const THIS_BUILD: { files: string[]; program: string[] };

const { files, program } = THIS_BUILD;
const build = new Set(files);
const scope = new URL(self.registration.scope);
const PATIENCE_MS = 10_000;
const MOST = { plan: 200, tile: 400 };
/** Looking how many there are is dear, so that it is done once in so many. */
const ROUND = 40;

const FILES = `cityheart ${scope.pathname} files`;
type CacheOwner = 'visitor' | 'account';
type CachedKind = keyof typeof MOST;
const nameOf = (shelf: CachedKind, asker: CacheOwner) => `cityheart ${scope.pathname} ${shelf} ${asker}`;
const kindAt = (address: string) => kindOf(new URL(address), scope, build);

/** Grows when somebody else asks: answers to questions from before are not kept. */
let term = 0;
/** Whose answers are on the shelves; unknown after a rest. */
let asker: CacheOwner | null = null;
let puts = 0;

self.addEventListener('install', () => void self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const kind = request.method === 'GET' ? kindAt(request.url) : null;
  if (kind === 'file') event.respondWith(file(request.url));
  else if (kind === 'page' && request.mode === 'navigate') event.respondWith(freshOrKept(request, () => caches.match(scope.href, { cacheName: FILES })));
  else if (kind === 'plan' || kind === 'tile') {
    const since = term;
    event.respondWith(
      freshOrKept(
        request,
        () => onShelf(kind, request.url),
        (fresh) => event.waitUntil(keep(kind, request.url, fresh, since)),
      ),
    );
  }
});

self.addEventListener('message', (event) => {
  const told = event.data as WorkerMessage;
  event.waitUntil(told === 'forget' ? forget() : keepLoaded(told));
});

/** A file of the build is named after its content: what is kept of it is right. */
async function file(address: string): Promise<Response> {
  const kept = await caches.match(address, { cacheName: FILES, ignoreVary: true });
  if (kept) return kept;
  const fresh = await fetch(address);
  if (fresh.ok) await put(FILES, address, fresh.clone());
  return fresh;
}

/** The network's answer; what is kept, marked with its date, only where none comes. */
async function freshOrKept(request: Request, find: () => Promise<Response | undefined>, take?: (fresh: Response) => void): Promise<Response> {
  const fresh = fetch(request).then(
    (answer) => {
      if (answer.ok) take?.(answer.clone());
      return answer;
    },
    () => Response.error(),
  );
  const first = await Promise.race([fresh, new Promise<null>((settle) => setTimeout(settle, PATIENCE_MS, null))]);
  if (first && first.type !== 'error' && isAnswer(first)) return first;
  const kept = await find();
  if (!kept) return fresh;
  const headers = new Headers(kept.headers);
  headers.set('Cityheart-Kept', kept.headers.get('Date') ?? '');
  return new Response(kept.body, { status: kept.status, headers });
}

async function onShelf(shelf: CachedKind, address: string): Promise<Response | undefined> {
  const found = (whose: CacheOwner) => caches.match(address, { cacheName: nameOf(shelf, whose), ignoreVary: true });
  return (await found('account')) ?? found('visitor');
}

/** Puts an answer on its shelf. One of another asker than those that are there throws them away. */
async function keep(shelf: CachedKind, address: string, answer: Response, since: number): Promise<void> {
  if (since !== term) return;
  const whose: CacheOwner = isPrivate(answer) ? 'account' : 'visitor';
  if (whose !== asker) {
    asker = whose;
    await clear(whose === 'account' ? 'visitor' : 'account');
  }
  const name = nameOf(shelf, whose);
  await put(name, address, answer);
  if (since !== term) await caches.delete(name);
  else if (++puts % ROUND === 0) await trim(shelf, name);
}

/** What cannot be kept, because there is no room, is not kept. */
async function put(name: string, address: string, answer: Response): Promise<void> {
  await (await caches.open(name)).put(address, answer).catch(() => {});
}

/** The last ones seen stay. */
async function trim(shelf: CachedKind, name: string): Promise<void> {
  const cache = await caches.open(name);
  const oldest = (await cache.keys()).slice(0, -MOST[shelf]);
  await Promise.all(oldest.map((request) => cache.delete(request)));
}

async function clear(whose: CacheOwner): Promise<void> {
  await Promise.all((Object.keys(MOST) as CachedKind[]).map((shelf) => caches.delete(nameOf(shelf, whose))));
}

async function forget(): Promise<void> {
  term += 1;
  asker = null;
  await Promise.all([clear('account'), clear('visitor')]);
}

/** Keeps what a page has loaded before we were there. The page itself is kept when all that it names is, so that both are of one build. */
async function keepLoaded({ loaded, all, anew }: LoadedResources): Promise<void> {
  const since = term;
  const own = loaded.filter((address) => kindAt(address) === 'file').map((address) => address.slice(scope.href.length));
  for (const path of new Set([...own, ...(all ? program : [])])) await file(new URL(path, scope).href).catch(() => {});
  await keepPage(own);
  for (const address of new Set(loaded.filter((one) => kindAt(one) === 'plan'))) {
    if (!anew && (await onShelf('plan', address))) continue;
    const answer = await fetch(address).catch(() => null);
    if (answer?.ok) await keep('plan', address, answer, since);
  }
}

/** Files of builds before this one go when its own page is there. */
async function keepPage(own: readonly string[]): Promise<void> {
  const answer = await fetch(scope).catch(() => null);
  if (!answer?.ok) return;
  const named = namedIn(await answer.clone().text());
  if (!named.length || !named.every((path) => own.includes(path))) return;
  const cache = await caches.open(FILES);
  const there = new Set((await cache.keys()).map(({ url }) => url));
  if (!named.every((path) => there.has(new URL(path, scope).href))) return;
  await put(FILES, scope.href, answer);
  const old = [...there].filter((url) => url !== scope.href && kindAt(url) !== 'file');
  await Promise.all(old.map((url) => cache.delete(url)));
}

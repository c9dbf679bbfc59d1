// What the service worker caches, by address. Pure functions: no storage, no network.

/** The page, a file of the build, a response that the page needs to open, a map tile. */
export type ResourceKind = 'page' | 'file' | 'plan' | 'tile';

/** Sent by a page: what it has loaded, to be cached. */
export interface LoadedResources {
  loaded: string[];
  /** Whether to cache the rest of the build, too. */
  all: boolean;
  /** Whether the plan has changed since, so that its responses are fetched again. */
  anew: boolean;
}

/** `forget`: the owner changed, so all cached answers are deleted. */
export type WorkerMessage = LoadedResources | 'forget';

const CACHED_PATH = /^api\/(vocabularies|collections(\/[^/]+\/(schema|items))?)$/;
/** Parameters of requests for a whole collection or city. Other requests are not repeated, so they are not cached. */
const CACHED_PARAMS = ['f', 'limit', 'cursor', 'city'];
const TILE_PATH = /^tiles\/[^/]+\/\d+\/\d+\/\d+(\.\w+)?$/;

/** The kind of resource at an address; null for any other, which the worker leaves to the network. */
export function resourceKind(url: URL, scope: URL, files: ReadonlySet<string>): ResourceKind | null {
  if (url.origin !== scope.origin || !url.pathname.startsWith(scope.pathname)) return null;
  const path = url.pathname.slice(scope.pathname.length);
  if (path === '') return 'page';
  if (files.has(path)) return 'file';
  if (TILE_PATH.test(path)) return 'tile';
  const whole = CACHED_PATH.test(path) && [...url.searchParams.keys()].every((name) => CACHED_PARAMS.includes(name));
  return whole ? 'plan' : null;
}

/** The files of the build that a page names in its head. */
export const filesNamedIn = (page: string): string[] => [...page.matchAll(/"\.\/(assets\/[^"]+)"/g)].map(([, path]) => path!);

/** Whether a response is for a signed-in account: the server marks it private. */
export const isPrivate = (answer: Response): boolean => /\bprivate\b/.test(answer.headers.get('Cache-Control') ?? '');

/** Whether the plan's server answered: a proxy that cannot reach it responds with 502 or 504. */
export const isAnswer = ({ status }: Response): boolean => status !== 502 && status !== 504;

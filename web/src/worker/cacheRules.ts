// What the service worker does with an address. Pure: no storage, no network.

/** The page, a file of the build, an answer that the page needs to open, a map tile. */
export type ResourceKind = 'page' | 'file' | 'plan' | 'tile';

/** What a page tells: what it has loaded, to be kept. */
export interface LoadedResources {
  loaded: string[];
  /** Whether the rest of the program shall be kept, too. */
  all: boolean;
  /** Whether the plan has changed since, so that it is read again. */
  anew: boolean;
}

/** … or that somebody else asks from now on. */
export type WorkerMessage = LoadedResources | 'forget';

const CACHED_PATH = /^api\/(vocabularies|collections(\/[^/]+\/(schema|items))?)$/;
/** All of a collection or of a city: how many, which page of them, in which form. What is asked in other words is asked once. */
const CACHED_PARAMS = ['f', 'limit', 'cursor', 'city'];
const TILE_PATH = /^tiles\/[^/]+\/\d+\/\d+\/\d+(\.\w+)?$/;

/** What lies at an address; null is none of our business and goes to the network as if we were not there. */
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

/** Whether an answer was made for somebody who is signed in: the server says so of each. */
export const isPrivate = (answer: Response): boolean => /\bprivate\b/.test(answer.headers.get('Cache-Control') ?? '');

/** Whether anything answered for the plan's own server: a proxy that gets no answer from it says one of these. */
export const isAnswer = ({ status }: Response): boolean => status !== 502 && status !== 504;

import { expect, test } from 'vitest';
import { isAnswer, isPrivate, resourceKind, filesNamedIn } from './cacheRules';

const scope = new URL('https://plan.example/maps/');
const kind = (path: string) => resourceKind(new URL(path, scope), scope, new Set(['assets/index-1.js', 'icon.svg']));

test.each([
  ['', 'page'],
  ['?city=celje&id=x', 'page'],
  ['assets/index-1.js', 'file'],
  ['icon.svg', 'file'],
  ['api/vocabularies?f=json', 'plan'],
  ['api/collections?f=json', 'plan'],
  ['api/collections/areas/schema?f=json', 'plan'],
  ['api/collections/interventions/items?limit=10000&f=json', 'plan'],
  ['api/collections/interventions/items?limit=10000&f=json&cursor=abc', 'plan'],
  ['api/collections/premises/items?limit=500&f=json&city=celje', 'plan'],
  ['tiles/areas,interventions/9/271/181.mvt?filter=x', 'tile'],
])('what is at %s may be kept: %s', (path, expected) => expect(kind(path)).toBe(expected));

test.each([
  'assets/index-2.js', // another build's
  'service-worker.js',
  'auth/me',
  'api',
  'api/events?since=3',
  'api/collections/interventions/changes?since=3',
  'api/collections/interventions/items/celje-1',
  'api/collections/interventions/items?limit=10000&f=json&bbox=1,2,3,4',
  'api/processes/inside/execution',
  'tiles/areas',
  '/elsewhere/',
  '/tiles/areas/1/1/1.mvt',
  'https://other.example/maps/',
])('what is at %s goes to the network', (path) => expect(kind(path)).toBe(null));

test('a page names the files of its build', () => {
  const page = '<script type="module" src="./assets/index-1.js"></script><link rel="modulepreload" href="./assets/state-2.js"><link href="./icon.svg">';
  expect(filesNamedIn(page)).toEqual(['assets/index-1.js', 'assets/state-2.js']);
});

test('the server says for whom an answer is, and a proxy that it has none', () => {
  const answer = (status: number, control: string) => new Response('', { status, headers: { 'Cache-Control': control } });
  expect(isPrivate(answer(200, 'private, max-age=0, must-revalidate'))).toBe(true);
  expect(isPrivate(answer(200, 'public, max-age=0, must-revalidate'))).toBe(false);
  expect([200, 403, 404, 500, 502, 503, 504].map((status) => isAnswer(answer(status, '')))).toEqual([true, true, true, true, false, true, false]);
});

// What the tests of editing share: signing in, things of their own that they make and remove, and what the server has.
import assert from 'node:assert/strict';
import { base, server } from './harness.mjs';
import { request } from './limits.mjs';

export const ITEMS = 'api/collections/interventions/items';

/** A corner of Celje without anything drawn, so that what a test draws is alone there. */
export const SPOT = [15.2735, 46.2352];

/** Signs in through the dialog, as people do. */
export async function signIn(page, who = server.who) {
  assert.ok(who.login && who.password, 'the server did not say how to sign in');
  await page.locator('#sign-in').click();
  await page.fill('#login', who.login);
  await page.fill('#password', who.password);
  await page.locator('dialog button.primary').click();
  await page.locator('.workbar').waitFor();
}

/** Runs in the page of somebody signed in: the browser sends its session with it. */
export function ask(page, method, path, body, headers = {}) {
  return page.evaluate(
    async ([method, path, body, headers]) => {
      const type = method === 'PATCH' ? 'application/merge-patch+json' : path.includes('/items') ? 'application/geo+json' : 'application/json';
      const answer = await fetch(new URL(path, document.baseURI), {
        method,
        headers: { 'X-Cityheart': '1', ...(body ? { 'Content-Type': type } : {}), ...headers },
        body: body && JSON.stringify(body),
      });
      const text = await answer.text();
      return { status: answer.status, etag: answer.headers.get('ETag'), json: /^[[{]/.test(text) ? JSON.parse(text) : null };
    },
    [method, path, body, headers],
  );
}

let made = 0;

/** The title of something that a test made and did not name. */
export const titleOf = (id) => `Test ${id}`;

/** Makes interventions of this test alone, runs `steps` with their ids, and removes them whatever happens. */
export async function withOwn(page, list, steps) {
  const ids = [];
  try {
    for (const { geometry = null, ...properties } of list) {
      const id = `celje-test-${process.pid}-${Date.now().toString(36)}-${++made}x`;
      const feature = { type: 'Feature', id, geometry, properties: { ...PLAIN, title: titleOf(id), ...properties } };
      const { status, json } = await ask(page, 'POST', ITEMS, feature);
      assert.equal(status, 201, JSON.stringify(json));
      ids.push(id);
    }
    await page.waitForFunction((all) => all.every((id) => document.querySelector(`.row[data-id="${id}"]`)), ids);
    return await steps(...ids);
  } finally {
    for (const id of ids) await ask(page, 'DELETE', `${ITEMS}/${id}`).catch(() => {});
  }
}

const PLAIN = { city: 'celje', kind: 'study', status: 'idea', location_precision: 'unknown', visibility: 'public', language: 'en' };

/** The thing as the server gives it to anyone; null when there is none. */
export async function stored(id) {
  const answer = await request(`${base}${ITEMS}/${id}?f=json`);
  return answer.ok ? answer.json() : null;
}

/** What the server has once it is as expected; fails with what it has instead. */
export async function eventually(read, expected, what) {
  let last;
  for (let i = 0; i < 100; i++) {
    last = await read();
    if (expected(last)) return last;
    await new Promise((settle) => setTimeout(settle, 100));
  }
  assert.fail(`${what}: ${JSON.stringify(last)}`);
}

export const square = ([lon, lat], size = 0.0006) => ({
  type: 'Polygon',
  coordinates: [
    [
      [lon, lat],
      [lon + size, lat],
      [lon + size, lat + size],
      [lon, lat + size],
      [lon, lat],
    ],
  ],
});

/** What the browser writes to its console when a request is refused on purpose. */
export const REFUSED = [/status of 4(03|09|12|22|00|01|04)/];
/**
 * … and when there is no connection. The last two are the map library's own, of letters and tiles that it does not get.
 */
export const CUT = [/ERR_INTERNET_DISCONNECTED/, /ERR_NETWORK_CHANGED/, ...REFUSED, /Ignoring the font face/, /^error: \w{1,3}$/];

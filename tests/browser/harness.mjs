// A real browser on a real server. Each file of tests has a browser and a server with a demo plan of its own, so that
// files run side by side. Every page that a test opens is watched: a request to another host, an error in the console
// or an uncaught exception fails the test that caused it. Nothing is waited for without a limit, and what did not come
// is named.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, test as declare } from 'node:test';
import { limited, request } from './limits.mjs';
import { serveDemo } from './servers.mjs';

const require = createRequire(new URL('../../web/package.json', import.meta.url));
const { chromium } = require('playwright-core');

const FLAGS = [
  '--no-sandbox',
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-sync',
  '--no-first-run',
];

const TEST_S = 240;
const WAIT_S = 30;
const ANSWER_S = 60;

/** The server of this file of tests, and its address. */
export const server = await serveDemo();
export const base = server.at;
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS, timeout: 60_000 });
const contexts = new Set();

after(
  async () => {
    await browser.close();
    await server.remove();
  },
  { timeout: 60_000 },
);

/** A test that ends after four minutes at the latest; then it says which pages it had open. */
export const test = (name, steps) =>
  declare(name, async () => {
    const open = () => [...contexts].flatMap((context) => context.pages().map((page) => page.url()));
    try {
      await limited(TEST_S, steps(), () => `the end of the test, with these pages open: ${open().join(' ') || 'none'}`);
    } finally {
      await Promise.all([...contexts].map((context) => context.close()));
    }
  });

/**
 * Gives a page's questions a limit: Playwright has none for scripts, and does not say which condition did not come
 * true.
 */
function limit(page) {
  const evaluate = page.evaluate.bind(page);
  const waitForFunction = page.waitForFunction.bind(page);
  page.evaluate = (script, argument) => limited(ANSWER_S, evaluate(script, argument), () => `an answer of the page to ${shortened(script)}`);
  page.waitForFunction = (script, argument, options) =>
    waitForFunction(script, argument, options).catch((error) => {
      throw new Error(`${error.message.split('\n')[0]} It waited for ${shortened(script)} with ${JSON.stringify(argument)}.`, { cause: error });
    });
}

const shortened = (script) => String(script).replace(/\s+/g, ' ').slice(0, 200);

/** Opens the map at an address below the base, runs `steps`, and checks that nothing went wrong on the way. */
export async function visit(path, steps, { expectErrors = [], prepare, at = base, ...options } = {}) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: 'en-GB',
    colorScheme: 'light',
    reducedMotion: 'reduce',
    // what a test answers in the network's place is asked of the network; offline.test.mjs lets them work
    serviceWorkers: 'block',
    ...options,
  });
  contexts.add(context);
  context.setDefaultTimeout(WAIT_S * 1000);
  context.setDefaultNavigationTimeout(60_000);
  context.on('page', limit);
  const problems = [];
  const page = await context.newPage();
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(at) && !/^(data|blob):/.test(url)) problems.push(`request to another host: ${url}`);
  });
  page.on('console', (message) => {
    if (message.text() === 'Service Worker registration blocked by Playwright') return;
    if (message.type() === 'error' || message.type() === 'warning') problems.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => problems.push(`exception: ${error.message}`));
  try {
    await prepare?.(page);
    await page.goto(at + path);
    await steps(page);
  } finally {
    contexts.delete(context);
    await context.close();
  }
  assert.deepEqual(
    problems.filter((problem) => !expectErrors.some((expected) => expected.test(problem))),
    [],
  );
}

/** Settles when there is a map: it comes after the list. */
const opened = (page) => page.waitForFunction(() => window.cityheart);

/**
 * Settles when the map stands still and has drawn everything; asks whichever map there is by then, and says after 50
 * seconds what it does instead.
 */
export async function idle(page) {
  await opened(page);
  await page.evaluate(async (seconds) => {
    for (let i = 0; i < seconds / 2; i++) {
      const rests = await Promise.race([window.cityheart.idle().then(() => true), new Promise((settle) => setTimeout(settle, 2_000, false))]);
      if (rests) return;
    }
    const { map } = window.cityheart;
    const loading = Object.keys(map.getStyle()?.sources ?? {}).filter((id) => !map.isSourceLoaded(id));
    const does = [map.isMoving() && 'moves', !map.isStyleLoaded() && 'loads its style', loading.length && `loads ${loading.join(', ')}`].filter(Boolean);
    throw new Error(`The map did not come to rest within ${seconds} s: it ${does.join(', ') || 'draws without end'}.`);
  }, 50);
}

export async function camera(page) {
  await opened(page);
  return page.evaluate(() => ({ ...window.cityheart.map.getCenter(), zoom: window.cityheart.map.getZoom() }));
}

export async function jump(page, center, zoom) {
  await opened(page);
  await page.evaluate((to) => window.cityheart.map.jumpTo(to), { center, zoom });
}

export const row = (page, id) => page.locator(`.row[data-id="${id}"]`);

/** Where a lonlat lies on the page. */
export async function onPage(page, lonlat) {
  await opened(page);
  return page.evaluate((at) => {
    const { map } = window.cityheart;
    const { x, y } = map.project(at);
    const { left, top } = map.getCanvas().getBoundingClientRect();
    return { x: left + x, y: top + y };
  }, lonlat);
}

/** The middle colour of what the map drew at some lonlats, so that a name or a sign on one of them does not count. */
export async function colourAt(page, lonlats) {
  await idle(page);
  const pixels = await page.evaluate(
    (all) =>
      new Promise((settle) => {
        const { map } = window.cityheart;
        map.once('render', () => {
          const canvas = map.getCanvas();
          const ratio = canvas.width / canvas.clientWidth;
          const copy = Object.assign(document.createElement('canvas'), { width: canvas.width, height: canvas.height });
          const context = copy.getContext('2d', { willReadFrequently: true });
          context.drawImage(canvas, 0, 0);
          settle(
            all.map((at) => {
              const { x, y } = map.project(at);
              return [...context.getImageData(Math.round(x * ratio), Math.round(y * ratio), 1, 1).data].slice(0, 3);
            }),
          );
        });
        map.triggerRepaint();
      }),
    lonlats,
  );
  return [0, 1, 2].map((channel) => pixels.map((pixel) => pixel[channel]).sort((a, b) => a - b)[pixels.length >> 1]);
}

/** `over` drawn on `under` with an opacity. */
export const blend = (under, over, opacity) => under.map((value, i) => value * (1 - opacity) + over[i] * opacity);

export function assertColour(actual, expected, what) {
  const off = Math.max(...actual.map((value, i) => Math.abs(value - expected[i])));
  assert.ok(off <= 8, `${what}: drawn ${actual}, expected ${expected.map(Math.round)}`);
}

export const hex = (text) => [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16));

/** Everything of a collection, as the server gives it to anyone. */
export async function features(collection) {
  const response = await request(`${base}api/collections/${collection}/items?limit=10000&f=json`);
  assert.equal(response.status, 200);
  return (await response.json()).features;
}

/** Points on a grid inside the outer ring of a polygon, and away from its edge. */
export function pointsInside(geometry) {
  const ring = (geometry.type === 'Polygon' ? geometry.coordinates : geometry.coordinates[0])[0];
  const [west, east] = [Math.min(...ring.map((p) => p[0])), Math.max(...ring.map((p) => p[0]))];
  const [south, north] = [Math.min(...ring.map((p) => p[1])), Math.max(...ring.map((p) => p[1]))];
  const [dx, dy] = [(east - west) / 16, (north - south) / 16];
  const points = [];
  for (let i = 1; i < 16; i++) {
    for (let j = 1; j < 16; j++) {
      const at = [west + i * dx, south + j * dy];
      const around = [
        [0, 0],
        [dx, 0],
        [-dx, 0],
        [0, dy],
        [0, -dy],
      ];
      if (around.every(([x, y]) => within(ring, [at[0] + x, at[1] + y]))) points.push(at);
    }
  }
  return points;
}

export function within(ring, [x, y]) {
  let inside = false;
  for (let i = 1; i < ring.length; i++) {
    const [[ax, ay], [bx, by]] = [ring[i - 1], ring[i]];
    if (ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * (bx - ax)) inside = !inside;
  }
  return inside;
}

/** Every message of a language, as the page has them. */
export function messages(language) {
  const folder = new URL(`../../web/src/locales/${language}/`, import.meta.url);
  return Object.assign({}, ...readdirSync(folder).map((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8'))));
}

/** Waits until there are so many, as the page shows long lists in short steps. */
export async function counted(locator, wanted, why) {
  const end = Date.now() + 15_000;
  let found = await locator.count();
  while (found !== wanted && Date.now() < end) {
    await new Promise((settle) => setTimeout(settle, 50));
    found = await locator.count();
  }
  assert.equal(found, wanted, why);
}

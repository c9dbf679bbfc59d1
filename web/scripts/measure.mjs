// Measures a running server in Chromium: CITYHEART_URL=… node web/scripts/measure.mjs. Prints bytes and requests of a
// first visit, long tasks with the processor slowed down four times, and the speed with ten thousand interventions.
// Figures are for comparison on one machine; no test depends on them.
import { chromium } from 'playwright-core';

const base = (process.env.CITYHEART_URL ?? 'http://127.0.0.1:8080/').replace(/\/?$/, '/');
const SLOWER = Number(process.env.SLOWER ?? 4);
const MANY = 10_000;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--disable-background-networking'],
});
try {
  await firstVisit();
  await longTasks();
  await many();
} finally {
  await browser.close();
}

async function open(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  return { page, cdp: await context.newCDPSession(page), close: () => context.close() };
}

async function idle(page) {
  await page.waitForFunction(() => window.cityheart);
  await page.evaluate(() => window.cityheart.idle());
}

/** Bytes transferred until the map is drawn, by kind; the plan's data and tiles apart. */
async function firstVisit() {
  const { page, cdp, close } = await open();
  await cdp.send('Network.enable');
  const urls = new Map();
  const bytes = new Map();
  cdp.on('Network.requestWillBeSent', ({ requestId, request }) => urls.set(requestId, request.url));
  cdp.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => bytes.set(requestId, encodedDataLength));
  await page.goto(base);
  await page.locator('.partner').first().waitFor();
  await idle(page);
  const sums = {};
  for (const [id, size] of bytes) {
    const path = urls.get(id).replace(base, '').split('?')[0];
    const kind = path.startsWith('api/')
      ? 'data: plan'
      : path.startsWith('tiles/')
        ? 'data: tiles'
        : /\.woff2$/.test(path)
          ? 'page: fonts'
          : /\.js$/.test(path)
            ? 'page: scripts'
            : /\.css$/.test(path)
              ? 'page: styles'
              : 'page: other';
    sums[kind] ??= { requests: 0, kB: 0 };
    sums[kind].requests += 1;
    sums[kind].kB += size / 1000;
  }
  const total = Object.entries(sums)
    .filter(([kind]) => kind.startsWith('page'))
    .reduce((sum, [, { kB }]) => sum + kB, 0);
  console.log('First visit, over the wire');
  for (const [kind, { requests, kB }] of Object.entries(sums).sort())
    console.log(`  ${kind.padEnd(14)} ${String(requests).padStart(3)} requests ${kB.toFixed(1).padStart(8)} kB`);
  console.log(`  before the map's data ${total.toFixed(0)} kB`);
  await close();
}

/** Tasks of the page's main thread, from Chromium's trace, step by step. */
async function longTasks() {
  const { page, cdp, close } = await open();
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
  console.log(`Tasks of the main thread, processor ${SLOWER} times slower`);
  const steps = [
    [
      'open',
      async () => {
        await page.goto(base);
        await page.locator('.partner').first().waitFor();
      },
    ],
    ['choose a city', () => page.selectOption('#city', 'osijek')],
    ['filter', () => page.locator('.switch').nth(4).click()],
    ['filter off', () => page.locator('.switch').nth(4).click()],
    ['open one', () => page.locator('.row').first().click()],
    ['back', () => page.locator('.way .link').first().click()],
    ['another month', () => page.locator('#month').press('ArrowLeft')],
    ['table', () => page.locator('#tab-table').click()],
  ];
  for (const [name, act] of steps) {
    const events = await traced(cdp, async () => {
      await act();
      await idle(page);
    });
    const tasks = mainTasks(events);
    const long = tasks.filter((ms) => ms > 50);
    console.log(
      `  ${name.padEnd(14)} longest ${Math.max(0, ...tasks)
        .toFixed(0)
        .padStart(4)} ms, over 50 ms: ${String(long.length).padStart(2)}, over 200 ms: ${tasks.filter((ms) => ms > 200).length}`,
    );
  }
  await close();
}

async function traced(cdp, act) {
  const events = [];
  const collect = ({ value }) => events.push(...value);
  cdp.on('Tracing.dataCollected', collect);
  await cdp.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig: { includedCategories: ['toplevel', 'devtools.timeline', '__metadata'] } });
  await act();
  const complete = new Promise((settle) => cdp.once('Tracing.tracingComplete', settle));
  await cdp.send('Tracing.end');
  await complete;
  cdp.off('Tracing.dataCollected', collect);
  return events;
}

/** Milliseconds of each task on the main thread of the busiest renderer process. */
function mainTasks(events) {
  const names = events.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain');
  const tasks = events.filter(({ name, ph }) => ph === 'X' && (name === 'RunTask' || name === 'ThreadControllerImpl::RunTask'));
  const perThread = names.map(({ pid, tid }) => tasks.filter((task) => task.pid === pid && task.tid === tid).map(({ dur = 0 }) => dur / 1000));
  return perThread.reduce((most, one) => (one.reduce((a, b) => a + b, 0) > most.reduce((a, b) => a + b, 0) ? one : most), []);
}

/** Time from a click to the next frame, with the demo's interventions repeated up to ten thousand. */
async function many() {
  const few = (await (await fetch(`${base}api/collections/interventions/items?limit=10000&f=json`)).json()).features;
  const features = Array.from({ length: MANY }, (_, i) => ({
    ...few[i % few.length],
    id: `many-${i}`,
    properties: { ...few[i % few.length].properties, title: `${few[i % few.length].properties.title} ${i}` },
  }));
  const body = JSON.stringify({ type: 'FeatureCollection', features });
  const { page, close } = await open();
  await page.route('**/collections/interventions/items*', (route) => route.fulfill({ contentType: 'application/geo+json', body }));
  await page.goto(base);
  await page.locator('.row').first().waitFor();
  await idle(page);
  console.log(`${MANY} interventions, milliseconds from the press to the next picture (median of 5)`);
  const steps = {
    filter: ['.switch:nth-child(5)'],
    'filter off': ['.switch:nth-child(5)'],
    search: ['#search', 'park'],
    'search off': ['#search', ''],
    'another month': ['#month', '24300'],
    'back to now': ['.time .button:last-child'],
    table: ['#tab-table'],
    'table by cost': ['.grid-area thead th:nth-child(6) button'],
    plan: ['#tab-plan'],
  };
  const figures = {};
  for (let round = 0; round < 5; round++) {
    for (const [name, act] of Object.entries(steps)) {
      figures[name] ??= [];
      figures[name].push(await took(page, act));
      await idle(page);
    }
  }
  for (const [name, all] of Object.entries(figures))
    console.log(
      `  ${name.padEnd(14)} ${all
        .toSorted((a, b) => a - b)[2]
        .toFixed(0)
        .padStart(5)} ms`,
    );
  await close();
}

function took(page, act) {
  return page.evaluate(
    ([selector, value]) =>
      new Promise((settle) => {
        const element = document.querySelector(selector);
        const start = performance.now();
        if (value === undefined) element.click();
        else {
          element.value = value;
          element.dispatchEvent(new Event('input', { bubbles: true }));
        }
        requestAnimationFrame(() => setTimeout(() => settle(performance.now() - start)));
      }),
    act,
  );
}

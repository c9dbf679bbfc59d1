// Compares both renderers at the same camera: CITYHEART_URL=… node web/scripts/renderers.mjs. The page must be built
// with the second one (`make maplibre-rs`).
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { PNG } from 'pngjs';

const base = (process.env.CITYHEART_URL ?? 'http://127.0.0.1:8080/').replace(/\/?$/, '/');
const picture = fileURLToPath(new URL('../../docs/images/renderers.png', import.meta.url));
const VIEW = '?city=celje&map=14.60/46.22950/15.26600&lang=en';
const ROUNDS = 5;
const OVER = '.legend, .renderer-notice, .map-buttons, .credits, .maplibregl-ctrl { visibility: hidden !important }';

const shots = {};
const times = { gl: [], rust: [] };
const bytes = { gl: [], rust: [] };
const memory = { gl: [], rust: [] };
for (let round = 0; round < ROUNDS; round++) {
  for (const renderer of ['gl', 'rust']) {
    const browser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--use-gl=angle',
        '--use-angle=swiftshader',
        '--enable-unsafe-swiftshader',
        '--disable-background-networking',
        '--enable-precise-memory-info',
      ],
    });
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce', locale: 'en-GB' });
    const session = await page.context().newCDPSession(page);
    await session.send('Network.enable');
    let received = 0;
    session.on('Network.loadingFinished', ({ encodedDataLength }) => (received += encodedDataLength));
    await page.goto(base + VIEW);
    await page.waitForFunction(() => window.cityheart?.map);
    if (renderer === 'rust') {
      await page.evaluate(() => window.cityheart.idle());
      received = 0;
      await page.getByRole('button', { name: 'Map settings' }).click();
      const start = Date.now();
      await page.getByLabel('maplibre-rs (experimental)').check();
      await page.waitForFunction(() => window.cityheartRust);
      await page.evaluate(() => window.cityheartRust.idle());
      times.rust.push(Date.now() - start);
      await page.keyboard.press('Escape');
    } else {
      await page.evaluate(() => window.cityheart.idle());
      // From the request of the map's code to the first complete frame.
      times.gl.push(
        await page.evaluate(() => performance.now() - performance.getEntriesByType('resource').find(({ name }) => /\/map-[^/]*\.js/.test(name)).startTime),
      );
    }
    bytes[renderer].push(received);
    const { metrics } = await session.send('Performance.enable').then(() => session.send('Performance.getMetrics'));
    memory[renderer].push(metrics.find(({ name }) => name === 'JSHeapUsedSize').value);
    await page.addStyleTag({ content: OVER });
    shots[renderer] = PNG.sync.read(await page.screenshot({ clip: await page.locator('.map').boundingBox() }));
    await browser.close();
  }
}

const median = (list) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)];
for (const renderer of ['gl', 'rust']) {
  console.log(
    `${renderer}: ${median(times[renderer]).toFixed(0)} ms to the first whole picture, ${(median(bytes[renderer]) / 1000).toFixed(0)} kB over the wire, ${(median(memory[renderer]) / 1e6).toFixed(1)} MB of script memory`,
  );
}

const { width, height } = shots.gl;
const both = new PNG({ width: 2 * width + 4, height });
both.data.fill(255);
PNG.bitblt(shots.gl, both, 0, 0, width, height, 0, 0);
PNG.bitblt(shots.rust, both, 0, 0, width, height, width + 4, 0);
writeFileSync(picture, PNG.sync.write(both));

// The second renderer: chosen in the map's settings, it shows what the everyday map shows where both fill areas.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { idle, messages, test, visit } from './harness.mjs';

const require = createRequire(new URL('../../web/package.json', import.meta.url));
const { PNG } = require('pngjs');
const say = messages('en');

/** A view of Celje in which a centre area covers a good part. */
const VIEW = '?city=celje&map=14.60/46.22950/15.26600';
const DECODES_ITS_WASM = [/WebGL|GL Driver|GPU stall/]; // what software rendering says about itself

const drawn = (page) => page.evaluate(() => window.cityheartRust.idle());

async function choose(page, name) {
  await page.getByRole('button', { name: say['renderer.settings'] }).click();
  await page.getByLabel(name).check();
  await page.keyboard.press('Escape');
}

/** The map's pixels without the things that lie on it. */
async function pixels(page) {
  const box = await page.locator('.map').boundingBox();
  // The page's content security policy allows no style element.
  await page.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('.legend, .renderer-notice, .map-buttons, .credits, .maplibregl-ctrl { visibility: hidden !important }');
    document.adoptedStyleSheets.push(sheet);
  });
  return PNG.sync.read(await page.screenshot({ clip: box }));
}

/** Whether a pixel shows a fill instead of bare land. */
function filled({ data, width }, x, y) {
  const at = (y * width + x) * 4;
  const [r, g, b] = [data[at], data[at + 1], data[at + 2]];
  const land = Math.abs(r - 0xf6) + Math.abs(g - 0xf4) + Math.abs(b - 0xef);
  const white = 3 * 255 - r - g - b;
  return land > 12 && white > 6;
}

test('the second renderer fills what the everyday map fills', async () => {
  let everyday;
  await visit(VIEW, async (page) => {
    await idle(page);
    // What the second renderer has not: names, signs, streets and parks.
    await page.evaluate(() => {
      const { map } = window.cityheart;
      for (const { id, type, 'source-layer': layer } of map.getStyle().layers) {
        if (['symbol', 'circle'].includes(type) || ['segments', 'facilities'].includes(layer)) map.setLayoutProperty(id, 'visibility', 'none');
      }
    });
    await idle(page);
    everyday = await pixels(page);
  });
  await visit(
    VIEW,
    async (page) => {
      await idle(page);
      await choose(page, say['renderer.rust']);
      await page.getByText(say['renderer.limits']).waitFor();
      await page.waitForFunction(() => window.cityheartRust);
      await drawn(page);
      const second = await pixels(page);
      assert.deepEqual([second.width, second.height], [everyday.width, everyday.height]);
      let either = 0;
      let both = 0;
      for (let y = 0; y < everyday.height; y += 2) {
        for (let x = 0; x < everyday.width; x += 2) {
          const [a, b] = [filled(everyday, x, y), filled(second, x, y)];
          if (a || b) either += 1;
          if (a && b) both += 1;
        }
      }
      assert.ok(either > 10_000, `only ${either} pixels show a fill`);
      assert.ok(both / either >= 0.9, `both show a fill on ${((100 * both) / either).toFixed(1)} % of ${either} pixels`);
    },
    { expectErrors: DECODES_ITS_WASM },
  );
});

test('it pans, zooms, follows the list and its filter, and gives the view back', async () => {
  await visit(
    VIEW,
    async (page) => {
      await idle(page);
      await choose(page, say['renderer.rust']);
      await page.waitForFunction(() => window.cityheartRust);
      await drawn(page);
      const place = () => new URL(page.url()).searchParams.get('map').split('/').map(Number);
      const before = place();
      const box = await page.locator('.map').boundingBox();
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      await page.mouse.move(x, y);
      await page.mouse.down();
      await page.mouse.move(x - 120, y - 60, { steps: 4 });
      await page.mouse.up();
      await page.waitForFunction((lon) => Number(new URL(location.href).searchParams.get('map').split('/')[2]) > lon, before[2]);
      await page.mouse.wheel(0, -300);
      await page.waitForFunction((zoom) => Number(new URL(location.href).searchParams.get('map').split('/')[0]) >= zoom + 0.9, before[0]);
      await drawn(page);
      const moved = await pixels(page);
      assert.ok(
        moved.data.some((value, at) => at % 4 === 0 && value < 0xc0),
        'nothing is drawn after zooming',
      );
      await page.goto(page.url().replace(/([?&])map=/, '$1status=completed&map='));
      await idle(page);
      await choose(page, say['renderer.rust']);
      await page.waitForFunction(() => window.cityheartRust);
      await drawn(page);
      const asked = await page.evaluate(() =>
        performance
          .getEntriesByType('resource')
          .map((entry) => entry.name)
          .filter((name) => name.includes('split=status')),
      );
      assert.ok(
        asked.some((name) => name.includes('&filter=')),
        'the filter of the list reaches the tiles',
      );
      const at = place();
      await page.getByRole('button', { name: say['renderer.back'] }).click();
      await page.waitForFunction(() => window.cityheart.map.getCanvas().isConnected);
      await idle(page);
      const back = place();
      at.forEach((value, n) => assert.ok(Math.abs(value - back[n]) < 0.01, `${at} became ${back}`));
    },
    { expectErrors: DECODES_ITS_WASM },
  );
});

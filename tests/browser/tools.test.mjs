// Tools on the map: two maps tied together, measuring, and the map by keys alone.
import assert from 'node:assert/strict';
import { camera, counted, features, idle, jump, onPage, test, visit } from './harness.mjs';

const second = (page) =>
  page.evaluate(() => {
    const { map } = window.besideMap;
    return { ...map.getCenter(), zoom: map.getZoom() };
  });
const settledBeside = async (page) => {
  await page.waitForFunction(() => window.besideMap);
  await page.evaluate(() => window.besideMap.idle());
};
const openTools = (page) => page.getByRole('button', { name: 'Map tools' }).click();

test('two maps of one city at two dates move as one and tell different things', () =>
  visit('?city=celje&at=2013-01', async (page) => {
    await idle(page);
    await openTools(page);
    await page.getByRole('button', { name: 'Two maps side by side' }).click();
    await settledBeside(page);
    await page.selectOption('#beside-month', '2026-01');
    await settledBeside(page);
    const drawn = (name) => page.evaluate((key) => JSON.stringify(window[key].map.getFilter('line-status-running')), name);
    assert.notEqual(await drawn('cityheart'), await drawn('besideMap'));
    for (const key of ['cityheart', 'besideMap']) {
      await page.evaluate((name) => window[name].map.jumpTo({ center: [15.27, 46.232], zoom: name === 'cityheart' ? 15 : 16 }), key);
      const [a, b] = [await camera(page), await second(page)];
      assert.ok(Math.abs(a.lng - b.lng) < 1e-9 && Math.abs(a.lat - b.lat) < 1e-9 && Math.abs(a.zoom - b.zoom) < 1e-9, JSON.stringify([a, b]));
    }
    assert.match(page.url(), /beside=celje,2026-01,/);
    await page.reload();
    await settledBeside(page);
    assert.equal(await page.inputValue('#beside-month'), '2026-01');
    await page.getByRole('button', { name: 'Close the second map' }).click();
    await counted(page.locator('.map canvas'), 1);
  }));

test('two cities are shown at the same scale on the ground, each from its middle', () =>
  visit('?city=celje&beside=granada,,done', async (page) => {
    await idle(page);
    await settledBeside(page);
    const cities = await features('cities');
    const middle = (id) => cities.find((city) => city.id === id).geometry.coordinates;
    await jump(page, middle('celje'), 15);
    const there = await second(page);
    assert.ok(Math.hypot(there.lng - middle('granada')[0], there.lat - middle('granada')[1]) < 1e-6, JSON.stringify(there));
    const metresPerPixel = (lat, zoom) => Math.cos((lat * Math.PI) / 180) / 2 ** zoom;
    const ratio = metresPerPixel(there.lat, there.zoom) / metresPerPixel(middle('celje')[1], 15);
    assert.ok(Math.abs(ratio - 1) < 1e-6, String(ratio));
    const statuses = await page.evaluate(() =>
      window.besideMap.map
        .queryRenderedFeatures({
          layers: window.besideMap.map
            .getStyle()
            .layers.filter(({ id }) => id.startsWith('line-'))
            .map(({ id }) => id),
        })
        .map(({ properties }) => properties.status),
    );
    assert.ok(
      statuses.every((status) => status === 'completed'),
      String(statuses),
    );
  }));

test('a length is measured by keys alone', () =>
  visit('?city=celje', async (page) => {
    await idle(page);
    await page.getByRole('button', { name: 'Map tools' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Measure' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('Draw with the keyboard').focus();
    await page.keyboard.press('Enter');
    await page.getByLabel('Corners, one per line').fill('46.2300, 15.2600\n46.2350, 15.2700');
    await page.getByRole('button', { name: 'Use these coordinates' }).click();
    await page.locator('.measured', { hasText: /^950\.7 m$/ }).waitFor();
    await page.getByRole('button', { name: 'Area', exact: true }).click();
    await page.getByLabel('Corners, one per line').fill('46.23, 15.26\n46.23, 15.27\n46.24, 15.27\n46.24, 15.26');
    await page.getByRole('button', { name: 'Use these coordinates' }).click();
    await page.locator('.measured', { hasText: /^85\.7\d ha, perimeter 3\.766 km$/ }).waitFor();
    await page.getByRole('region', { name: 'Measure' }).getByRole('button', { name: 'Close' }).click();
    assert.equal(await page.locator('.measuring').count(), 0);
  }));

test('the middle of the map points and opens by keys, and a rested map says what is in view', () =>
  visit('?city=celje', async (page) => {
    await idle(page);
    const point = (await features('interventions')).find(({ geometry, properties }) => properties.city === 'celje' && geometry?.type === 'Point');
    await page.locator('.maplibregl-canvas').focus();
    await page.keyboard.press('+');
    await page.waitForFunction(() => /^\d+ interventions? in view$/.test(document.querySelector('[role=status]').textContent));
    await page.locator('.aim').waitFor();
    await jump(page, point.geometry.coordinates, 17);
    await idle(page);
    const { x, y } = await onPage(page, point.geometry.coordinates);
    const box = await page.locator('.aim svg').boundingBox();
    assert.ok(Math.hypot(box.x + box.width / 2 - x, box.y + box.height / 2 - y) < 2, 'the cross lies on the point');
    await page.keyboard.press('Enter');
    await page.locator('.detail h1').waitFor();
    const seen = new Set();
    while (!seen.has(point.id)) {
      const id = await page.evaluate(() => new URL(location.href).searchParams.get('id'));
      assert.ok(!seen.has(id), `${point.id} is not among ${[...seen]}`);
      seen.add(id);
      if (id !== point.id) await page.keyboard.press('Enter');
    }
  }));

test('what is in view is a list to walk through; each is outlined on the map, Enter opens it, Escape goes back to the map', () =>
  visit('?city=osijek', async (page) => {
    await idle(page);
    await openTools(page);
    await page.getByRole('button', { name: 'What is in view' }).click();
    const rows = page.locator('.in-view .row');
    await rows.first().waitFor();
    await page.waitForFunction(() => document.activeElement === document.querySelector('.in-view .row'));
    await page.keyboard.press('ArrowDown');
    const title = await page.evaluate(() => document.activeElement.textContent);
    assert.equal(title, await rows.nth(1).textContent());
    await page.keyboard.press('Enter');
    await page.locator('.detail h1').waitFor();
    assert.equal(await page.locator('.detail h1').textContent(), title);
    await rows.nth(1).focus();
    await page.keyboard.press('Escape');
    assert.equal(await rows.count(), 0);
    assert.ok(await page.locator('.maplibregl-canvas').evaluate((canvas) => canvas === document.activeElement));
  }));

test('the map moves without dragging', () =>
  visit('?city=celje', async (page) => {
    await idle(page);
    const before = await camera(page);
    await openTools(page);
    await page.getByRole('button', { name: 'East' }).click();
    await idle(page);
    await page.getByRole('button', { name: 'North' }).click();
    await idle(page);
    const after = await camera(page);
    assert.ok(after.lng > before.lng && after.lat > before.lat, JSON.stringify([before, after]));
  }));

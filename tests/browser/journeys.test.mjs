// What people do with the map, clicked through.
import assert from 'node:assert/strict';
import { camera, counted, features, idle, onPage, row, test, visit } from './harness.mjs';

const PRESERNOVA = 'celje-presernova-redesign';

test('opening shows all partners, their counts, and the whole of Europe', () =>
  visit('', async (page) => {
    const [partners, cities, interventions] = await Promise.all(['partners', 'cities', 'interventions'].map(features));
    await page.locator('.partner').first().waitFor();
    await counted(page.locator('.partner'), partners.length);
    assert.equal(partners.length, 10);
    await counted(page.locator('.partners .city'), cities.length);
    assert.equal(await page.locator('.card strong').first().textContent(), String(interventions.length));
    await idle(page);
    const drawn = await page.evaluate(() =>
      window.cityheart.map.queryRenderedFeatures({ layers: ['counts-partner'] }).map(({ properties }) => properties.count),
    );
    assert.equal(drawn.length, 10);
    assert.equal(
      drawn.reduce((sum, count) => sum + count, 0),
      interventions.length,
    );
  }));

test('choosing a city lists what is planned there and goes there', () =>
  visit('', async (page) => {
    await idle(page);
    await page.selectOption('#city', 'celje');
    await idle(page);
    const expected = (await features('interventions')).filter(({ properties }) => properties.city === 'celje');
    await counted(page.locator('.row'), expected.length);
    assert.equal(await page.locator('.heading h1').textContent(), 'Celje');
    const { lng, lat, zoom } = await camera(page);
    assert.ok(Math.hypot(lng - 15.265, lat - 46.23) < 0.02 && zoom > 13, `${lng} ${lat} ${zoom}`);
    assert.match(page.url(), /city=celje/);
  }));

test('a count on the map leads into its city', () =>
  visit('', async (page) => {
    await idle(page);
    const [sligo] = (await features('cities')).filter(({ id }) => id === 'sligo');
    const { x, y } = await onPage(page, sligo.geometry.coordinates);
    await page.mouse.click(x, y);
    await idle(page);
    assert.equal(await page.inputValue('#city'), 'sligo');
    assert.ok((await camera(page)).zoom > 12);
  }));

test('filters narrow list and map alike, and say what they leave', () =>
  visit('?city=osijek', async (page) => {
    await idle(page);
    const all = (await features('interventions')).filter(({ properties }) => properties.city === 'osijek');
    const done = all.filter(({ properties }) => properties.status === 'completed');
    await page.locator('.switch', { hasText: 'Done' }).click();
    await idle(page);
    await counted(page.locator('.row'), done.length);
    assert.equal(await page.locator('.card strong').first().textContent(), String(done.length));
    const statuses = await page.evaluate(() => {
      const { map } = window.cityheart;
      const layers = map
        .getStyle()
        .layers.filter((layer) => layer['source-layer'] === 'interventions')
        .map(({ id }) => id);
      return map.queryRenderedFeatures({ layers }).map(({ properties }) => properties.status);
    });
    assert.ok(statuses.length > 0 && statuses.every((status) => status === 'completed'), String(statuses));

    await page.locator('.filters summary').click();
    await page.locator('fieldset', { hasText: 'Functions' }).getByText('Housing').click();
    const housing = done.filter(({ properties }) => properties.functions?.includes('housing'));
    await counted(page.locator('.row'), housing.length);
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await counted(page.locator('.row'), all.length);
  }));

test('an empty result says why and offers one click that finds something', () =>
  visit('?city=celje&from=2000&to=2001', async (page) => {
    await page.locator('.nothing').waitFor();
    const widen = page.locator('.nothing button').first();
    const promised = Number((await widen.locator('.count').textContent()).match(/\d+/)[0]);
    assert.ok(promised > 0);
    await widen.click();
    await counted(page.locator('.row'), promised);
  }));

test('selecting in the list moves the map and opens the detail', () =>
  visit('?city=celje', async (page) => {
    await idle(page);
    const before = await camera(page);
    await row(page, PRESERNOVA).click();
    await idle(page);
    const after = await camera(page);
    assert.ok(after.zoom > before.zoom || Math.hypot(after.lng - before.lng, after.lat - before.lat) > 1e-4);
    assert.match(await page.locator('.detail h1').textContent(), /Prešernova/);
    const outlined = await page.evaluate(() =>
      window.cityheart.map.queryRenderedFeatures({ layers: ['casing-selected'] }).map(({ properties }) => properties.id),
    );
    assert.deepEqual([...new Set(outlined)], [PRESERNOVA]);
  }));

test('selecting on the map opens the detail, and the list comes back to that row', () =>
  visit('?city=celje', async (page) => {
    await idle(page);
    const gosposka = (await features('interventions')).find(
      ({ geometry, properties }) => properties.city === 'celje' && geometry?.type === 'Point' && properties.outside_centre !== true,
    );
    const { x, y } = await onPage(page, gosposka.geometry.coordinates);
    await page.mouse.click(x, y);
    await page.locator('.detail h1').waitFor();
    const id = new URL(page.url()).searchParams.get('id');
    // Things may lie on each other; clicking again goes through all of them.
    const seen = new Set([id]);
    while (!seen.has(gosposka.id)) {
      await page.mouse.click(x, y);
      await page.waitForFunction((known) => new URL(location.href).searchParams.get('id') !== known, [...seen].at(-1));
      const next = new URL(page.url()).searchParams.get('id');
      assert.ok(!seen.has(next), `${gosposka.id} is not among ${[...seen]}`);
      seen.add(next);
    }
    await page.locator('.way .link').click();
    const focused = await page.waitForFunction(() => document.activeElement?.getAttribute('data-id'));
    assert.equal(await focused.jsonValue(), gosposka.id);
    assert.ok(await row(page, gosposka.id).isVisible());
  }));

test('pointing at a row marks it on the map', () =>
  visit('?city=celje', async (page) => {
    await idle(page);
    await row(page, PRESERNOVA).hover();
    await idle(page);
    const marked = await page.evaluate(() => window.cityheart.map.queryRenderedFeatures({ layers: ['casing-hovered'] }).map(({ properties }) => properties.id));
    assert.deepEqual([...new Set(marked)], [PRESERNOVA]);
  }));

test('reloading the address gives the same state', () =>
  visit('', async (page) => {
    await idle(page);
    await page.selectOption('#city', 'fleurus');
    await page.locator('.switch', { hasText: 'Decided' }).click();
    await page.selectOption('#order', 'title');
    await page.selectOption('#theme', 'dark');
    await page.fill('#search', 'fleurus');
    await page.locator('.row').first().click();
    await idle(page);
    const look = async () => ({
      url: page.url(),
      title: await page.locator('.detail h1').textContent(),
      city: await page.inputValue('#city'),
      text: await page.inputValue('#search'),
      theme: await page.inputValue('#theme'),
      camera: Object.values(await camera(page)).map((value) => value.toFixed(3)),
    });
    const before = await look();
    await page.reload();
    await idle(page);
    assert.deepEqual(await look(), before);
    await page.locator('.way .link').click();
    assert.equal(await page.inputValue('#order'), 'title');
  }));

test('Back undoes step by step', () =>
  visit('', async (page) => {
    await idle(page);
    await page.selectOption('#city', 'celje');
    await idle(page);
    const inCity = await camera(page);
    await row(page, PRESERNOVA).click();
    await idle(page);
    await page.goBack();
    await row(page, PRESERNOVA).waitFor();
    await idle(page);
    assert.ok(Math.abs((await camera(page)).zoom - inCity.zoom) < 0.02);
    await page.goBack();
    await page.locator('.partner').first().waitFor();
    assert.equal(await page.inputValue('#city'), '');
    await idle(page);
    assert.ok((await camera(page)).zoom < 6);
  }));

test('"presernova" finds Prešernova with cost, dates and source in three actions', () =>
  visit('', async (page) => {
    await page.fill('#search', 'presernova'); // 1: go to the search, 2: type
    await page.locator('.row', { hasText: 'Redesign of Prešernova' }).click(); // 3: open
    const detail = page.locator('.detail');
    assert.match(await detail.textContent(), /Cost.*not costed/s);
    assert.match(await detail.locator('.big').first().textContent(), /2026/);
    assert.ok((await detail.locator('.sources a[href^="https://"]').count()) >= 1);
  }));

test('a city is found by its name in any language and entered from there', () =>
  visit('', async (page) => {
    for (const text of ['lamia', 'ΛΑΜΊΑ', 'Lamija']) {
      await page.fill('#search', text);
      assert.match(await page.locator('.found .city').first().textContent(), /Λαμία/);
    }
    await page.locator('.found .city').first().click();
    await idle(page);
    assert.equal(await page.inputValue('#city'), 'lamia');
    assert.equal(await page.inputValue('#search'), '');
  }));

test('a year chosen among the filters shows what runs in it', () =>
  visit('?city=celje', async (page) => {
    await page.locator('.filters summary').click();
    await page.selectOption('#from', '2013');
    await page.selectOption('#to', '2013');
    const running = (await features('interventions')).filter(
      ({ properties: p }) => p.city === 'celje' && p.start <= '2013-12-31' && (p.end ?? p.start) >= '2013-01-01',
    );
    assert.ok(running.length > 0);
    await counted(page.locator('.row'), running.length);
    assert.match(page.url(), /from=2013&to=2013/);
  }));

test('the table sorts by any column and opens what is chosen', () =>
  visit('?city=granada&tab=table', async (page) => {
    const costs = async () => {
      const texts = await page.locator('td[data-column=cost]').allTextContents();
      return texts.map((text) => (/\d/.test(text) ? Number(text.replace(/[^\d.]/g, '')) : null));
    };
    const header = page.getByRole('columnheader', { name: 'Cost', exact: true });
    await header.getByRole('button').click();
    assert.equal(await header.getAttribute('aria-sort'), 'ascending');
    const known = (await costs()).filter((cost) => cost !== null);
    assert.deepEqual(
      known,
      known.toSorted((a, b) => a - b),
    );
    await header.getByRole('button').click();
    assert.equal((await costs())[0], Math.max(...known));
    await page.locator('tbody .link').first().click();
    await page.locator('.detail h1').waitFor();
  }));

// Passed on: links, frames, files and paper hold what is shown, no more and no less.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { counted, features, idle, row, test, visit } from './harness.mjs';
import { start, stop } from './servers.mjs';

const fileOf = async (page, press) => {
  const [download] = await Promise.all([page.waitForEvent('download'), press()]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
};

test('the files hold what the list shows', () =>
  visit('?city=celje&status=completed', async (page) => {
    await idle(page);
    const wanted = (await features('interventions')).filter(({ properties: p }) => p.city === 'celje' && p.status === 'completed');
    await page.getByRole('button', { name: 'Share' }).click();
    const geojson = await fileOf(page, () => page.getByRole('button', { name: 'Map data (GeoJSON)' }).click());
    assert.match(geojson.name, /^cityheart-celje-\d{4}-\d\d-\d\d\.geojson$/);
    const parsed = JSON.parse(geojson.bytes);
    assert.deepEqual(parsed.features.map(({ id }) => id).toSorted(), wanted.map(({ id }) => id).toSorted());
    for (const { id, geometry } of parsed.features) assert.deepEqual(geometry, wanted.find((one) => one.id === id).geometry);

    const csv = await fileOf(page, () => page.getByRole('button', { name: 'Table (CSV)' }).click());
    const text = csv.bytes.toString('utf8');
    assert.ok(text.startsWith('\ufeffIdentifier,Title,'), text.slice(0, 40));
    for (const { id } of wanted) assert.ok(text.includes(`\r\n${id},`), id);

    const png = await fileOf(page, () => page.getByRole('button', { name: 'Image (PNG)' }).click());
    assert.equal(png.bytes.subarray(1, 4).toString(), 'PNG');
    const [width, height] = [png.bytes.readUInt32BE(16), png.bytes.readUInt32BE(20)];
    const canvas = await page.locator('.maplibregl-canvas').evaluate(({ width: w, height: h }) => [w, h]);
    assert.equal(width, canvas[0]);
    assert.ok(height > canvas[1], 'the legend stands under the map');
  }));

test('the link and the frame show what was shown, and QGIS is told the addresses', async () => {
  const open = await start(['demo', '--listen', '127.0.0.1:0', '--frame-ancestors', 'any']);
  const base = open.at;
  const steps = async (page) => {
    await idle(page);
    await page.getByRole('button', { name: 'Share' }).click();
    assert.equal(await page.getByLabel('Link to this view').inputValue(), page.url());
    const code = await page.getByLabel('Code to embed in a web page').inputValue();
    assert.match(code, /^<iframe [^>]*title="cityheart · Osijek"/);
    assert.equal(await page.getByLabel('WFS / OGC API – Features').inputValue(), `${base}api`);
    assert.equal(await page.getByLabel('Vector tiles').inputValue(), `${base}tiles/areas,interventions/{z}/{x}/{y}.mvt`);
    await page.keyboard.press('Escape');
    const count = await page.locator('.row').count();

    await page.goto(`${base}robots.txt`); // a page of another kind
    await page.setContent(`<main>${code}</main>`);
    const frame = page.frameLocator('iframe');
    await frame.locator('.maplibregl-canvas').waitFor();
    assert.equal(await frame.locator('.embed-bar b').textContent(), 'Osijek');
    assert.equal(await frame.locator('.tabs').count(), 0);
    await frame.getByRole('button', { name: 'Interventions' }).click();
    await frame.locator('.row').first().waitFor();
    await counted(frame.locator('.row'), count);
    assert.match(await frame.getByRole('link', { name: 'Open the whole plan' }).getAttribute('href'), /city=osijek/);
  };
  await visit('?city=osijek&colour=cost', steps, { at: base }).finally(() => stop(open));
});

test('no code for a frame is offered where no other site may show one', () =>
  visit('?city=osijek', async (page) => {
    await page.getByRole('button', { name: 'Share' }).click();
    await page.getByLabel('Link to this view').waitFor();
    assert.equal(await page.getByLabel('Code to embed in a web page').count(), 0);
  }));

test('on paper stand the map, its legend, the table and the sources', () =>
  visit('?city=celje', async (page) => {
    await idle(page);
    const wanted = (await features('interventions')).filter(({ properties }) => properties.city === 'celje');
    await page.getByRole('button', { name: 'Print' }).click();
    const paper = page.locator('.paper');
    await paper.locator('h1').waitFor();
    await page.locator('.paper-map canvas').waitFor();
    await idle(page);
    assert.equal(await paper.locator('h1').textContent(), 'Celje');
    await counted(paper.locator('tbody tr'), wanted.length);
    await counted(paper.locator('.paper-legend li:has(.count)'), 6);
    const sources = new Set(wanted.flatMap(({ properties }) => properties.sources ?? []));
    await counted(paper.locator('.paper-sources li'), sources.size);
    assert.match(await paper.locator('.foot').textContent(), /Natural Earth.*printed/s);
    const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
    const [, width, height] = pdf.match(/\/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]/).map(Number);
    assert.ok(Math.abs(width - 595) < 2 && Math.abs(height - 842) < 2, `${width} × ${height} points is A4`);
    assert.match(pdf, /\/Subtype ?\/Image/);
    await page.getByRole('button', { name: 'Back to the map' }).click();
    await row(page, 'celje-presernova-redesign').waitFor();
    await idle(page);
  }));

test('files of the trade are chosen and saved by keyboard, and say what they do not hold', () =>
  visit('?city=celje', async (page) => {
    await idle(page);
    await page.getByRole('button', { name: 'Share' }).press('Enter');
    const format = page.getByRole('combobox', { name: 'Format', exact: true });
    await format.focus();
    const grid = page.getByRole('combobox', { name: 'Coordinate system' });
    assert.equal(await grid.isDisabled(), true, 'a workbook has longitude and latitude');
    const press = () => page.getByRole('button', { name: 'Download', exact: true }).press('Enter');
    const book = await fileOf(page, press);
    assert.equal(book.name, 'interventions.xlsx');
    assert.equal(book.bytes.subarray(0, 2).toString(), 'PK');

    await format.selectOption('dxf');
    assert.deepEqual(await grid.locator('option').allTextContents(), ['Longitude, latitude (WGS 84)', 'EPSG:3794']);
    await grid.selectOption('EPSG:3794');
    const drawing = await fileOf(page, press);
    assert.equal(drawing.name, 'interventions.dxf');
    assert.ok(drawing.bytes.toString().includes('EPSG:3794'));
    await page.getByText('A drawing holds places and ids, no other fields.').waitFor();
  }));

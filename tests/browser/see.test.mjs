// Time, colour and charts: the same plan seen in other ways, in step in list, map and legend.
import assert from 'node:assert/strict';
import { counted, features, idle, row, test, visit } from './harness.mjs';

/** What the plan's own dates say of a month, without the page's code. */
function runsAt({ status, start, end }, month) {
  if (!['in_progress', 'recurring', 'completed'].includes(status) || !start) return false;
  return start.slice(0, 7) <= month && month <= (end ?? (status === 'completed' ? start : '9999')).slice(0, 7);
}

test('the handle shows the plan at a month: list and map tell what ran then', () =>
  visit('?city=celje', async (page) => {
    await idle(page);
    const celje = (await features('interventions')).filter(({ properties }) => properties.city === 'celje');
    const dated = celje.filter(({ properties: p }) => p.start || p.end);
    const slider = page.getByRole('slider', { name: 'Month shown' });
    await slider.focus();
    await page.keyboard.press('Home');
    const first = await page.evaluate(() => new URL(location.href).searchParams.get('at'));
    await page.keyboard.press('PageDown');
    assert.equal(await page.evaluate(() => new URL(location.href).searchParams.get('at')), first, 'it stays within its bounds');
    await page.goto(`${page.url().split('?')[0]}?city=celje&at=2013-06`);
    await idle(page);
    await counted(page.locator('.row'), dated.length);
    const past = dated.filter(({ properties }) => runsAt(properties, '2013-06')).map(({ id }) => id);
    assert.ok(past.length > 0);
    const running = page.locator('.group', { has: page.locator('h2', { hasText: 'Under way' }) }).locator('.row');
    const shown = await running.evaluateAll((rows) => rows.map((one) => one.dataset.id));
    assert.deepEqual(shown.toSorted(), past.toSorted());
    const drawn = await page.evaluate(() => window.cityheart.map.getFilter('line-status-running'));
    for (const id of past) assert.ok(JSON.stringify(drawn).includes(id), id);
    assert.match(await slider.getAttribute('aria-valuetext'), /^June 2013: Under way: \d+/);
    await page.getByRole('button', { name: 'Back to now' }).click();
    await counted(page.locator('.row'), celje.length);
  }));

test('with less motion a press goes to the next change; else it plays month by month and can be stopped', async () => {
  await visit('?city=celje&at=2012-01', async (page) => {
    await page.getByRole('button', { name: 'Next change' }).click();
    const at = await page.evaluate(() => new URL(location.href).searchParams.get('at'));
    assert.ok(at > '2012-01', at);
  });
  await visit(
    '?city=celje&at=2013-01',
    async (page) => {
      await page.getByRole('button', { name: 'Play month by month' }).click();
      await page.waitForFunction(() => new URL(location.href).searchParams.get('at') >= '2013-03');
      await page.getByRole('button', { name: 'Pause' }).click();
      await page.getByRole('button', { name: 'Play month by month' }).waitFor();
    },
    { reducedMotion: 'no-preference' },
  );
});

for (const by of ['objective', 'function', 'cost', 'city']) {
  test(`colour by ${by}: the legend names every kind with its shape, and the map draws them`, () =>
    visit(`?city=granada&colour=${by}`, async (page) => {
      await idle(page);
      await page.locator('.legend summary').click();
      const entries = page.locator('.legend li:has(.count)');
      const counts = (await entries.locator('.count').allTextContents()).map(Number);
      const shapes = await entries.locator('.sign .shape').evaluateAll((paths) => paths.map((path) => path.getAttribute('d')));
      assert.equal(new Set(shapes).size, shapes.length);
      assert.equal(
        counts.reduce((sum, count) => sum + count, 0),
        await page.locator('.row').count(),
      );
      const marks = await page.evaluate(() => {
        const { map } = window.cityheart;
        return map.querySourceFeatures('marks').map(({ properties }) => properties.mark);
      });
      assert.ok(marks.length > 0 && marks.every((mark) => /^(kind|cost)-/.test(mark)), String(marks.slice(0, 5)));
      const lines = await page.evaluate(() => window.cityheart.map.getStyle().layers.filter(({ id }) => id.startsWith('line-')).length);
      assert.equal(lines, shapes.length);
      await page.selectOption('#legend-colour', 'status');
      await counted(page.locator('.legend li:has(.count)'), 6);
      assert.doesNotMatch(page.url(), /colour=/);
      assert.ok(await row(page, await page.locator('.row').first().getAttribute('data-id')).isVisible());
    }));
}

test('along time: each bar lies where its dates are, and a press opens it and goes there', () =>
  visit('?city=osijek&as=time', async (page) => {
    await idle(page);
    const osijek = (await features('interventions')).filter(({ properties }) => properties.city === 'osijek');
    await counted(page.locator('.gantt .row'), osijek.length);
    const bars = await page
      .locator('.gantt .row')
      .evaluateAll((rows) => rows.map((one) => [one.dataset.id, one.querySelector('.bar-run')?.offsetLeft ?? null]));
    const starts = new Map(osijek.map(({ id, properties: p }) => [id, p.start ?? null]));
    const dated = bars.filter(([id]) => starts.get(id)).toSorted(([a], [b]) => (starts.get(a) < starts.get(b) ? -1 : 1));
    assert.ok(dated.length > 3);
    assert.deepEqual(
      dated.map(([, left]) => left),
      dated.map(([, left]) => left).toSorted((a, b) => a - b),
    );
    for (const [id, left] of bars) assert.equal(left === null, !starts.get(id) && !osijek.find((one) => one.id === id).properties.end, id);
    await row(page, dated[0][0]).click();
    await page.locator('.detail h1').waitFor();
  }));

test('by money: the kinds add up to the sum above, and a year narrows list and map', () =>
  visit('?city=osijek&as=money&colour=function', async (page) => {
    await idle(page);
    const osijek = (await features('interventions')).filter(
      ({ properties: p }) => p.city === 'osijek' && p.cost !== undefined && p.cost !== null && p.cost_scope !== 'programme',
    );
    const known = (await page.locator('.budget .bar-sum .sub').allTextContents()).map((text) => Number(text.match(/^\d+/)[0]));
    assert.equal(
      known.reduce((sum, count) => sum + count, 0),
      osijek.length,
    );
    const year = page.locator('.budget .years .link').first();
    const wanted = await year.textContent();
    await year.click();
    assert.match(page.url(), new RegExp(`from=${wanted}&to=${wanted}`));
    await page.locator('.budget .years .link[aria-pressed=true]').waitFor();
  }));

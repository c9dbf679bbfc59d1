// How a question is asked and its answer taken along: drawn, dragged, by keys, typed, from a link; on any screen.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { CORE, SHAPE, SQUARE, answer, answered, cards, heading, ids, listed, outline, sentence, take, value } from './asking.mjs';
import { base, idle, onPage, test, visit } from './harness.mjs';

test('an outline drawn on the map gives one picture and its numbers', () =>
  visit('?city=celje&tab=ask', async (page) => {
    await idle(page);
    assert.match(await page.locator('.outcome').textContent(), /Draw an area/);
    await outline(page, SQUARE);
    await answered(page);
    assert.equal(await heading(page), 'In the drawn area');
    const drawn = new URL(page.url()).searchParams
      .get('shape')
      .split('/')
      .map((at) => at.split(',').map(Number));
    assert.equal(drawn.length, 4);
    const area = { type: 'Polygon', coordinates: [[...drawn, drawn[0]]] };
    const [inside, money] = await Promise.all([answer('inside', { area }), answer('summary', { area })]);
    await listed(page, inside);
    const partly = inside.features.features.filter(({ result }) => result.share < 1).length;
    assert.match(
      await sentence(page),
      new RegExp(`ha · ${value(inside, 'features')} interventions, ${partly} partly inside · 3 without a location are not counted`),
    );
    const cost = money.numbers.find(({ name }) => name === 'cost');
    assert.match(await page.locator('.outcome .card').first().textContent(), new RegExp(`cost, ${cost.ids.length} of ${value(inside, 'features')} known`));
    assert.equal(await page.locator('#ask-area').inputValue(), 'drawn');
  }));

test('answers arrive while a corner is dragged; the address waits for the hand to rest', () =>
  visit(`?city=celje&tab=ask&shape=${SHAPE}`, async (page) => {
    await answered(page);
    await idle(page);
    await page.waitForFunction(() => window.cityheart.map.getSource('td-point'));
    await idle(page);
    const before = await sentence(page);
    const address = page.url();
    const from = await onPage(page, SQUARE[1]);
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(from.x - 150, from.y - 60, { steps: 8 });
    await page.waitForFunction((old) => document.querySelector('.outcome .heading p').textContent !== old, before);
    assert.equal(new URL(page.url()).searchParams.get('shape'), new URL(address).searchParams.get('shape'));
    await page.mouse.move(from.x - 160, from.y - 60, { steps: 2 });
    await page.mouse.up();
    await page.waitForFunction((old) => new URL(location.href).searchParams.get('shape') !== old, new URL(address).searchParams.get('shape'));
    const moved = new URL(page.url()).searchParams.get('shape');
    assert.equal(moved.split('/').length, 4);
    await page.goBack();
    await page.waitForFunction((old) => document.querySelector('.outcome .heading p').textContent === old, before);
  }));

test('only the latest question counts: an answer that comes late is not shown', () =>
  visit(`?city=celje&tab=ask&area=${CORE}`, async (page) => {
    await answered(page);
    let held = 0;
    let release;
    const late = new Promise((settle) => (release = settle));
    const isFirst = (request) => request.url().includes('processes/inside') && request.postData().includes('celje-mestna-cetrt-center');
    await page.route('**/processes/inside/execution', async (route) => {
      if (isFirst(route.request()) && !held++) await late;
      await route.continue().catch(() => {}); // broken off by the page meanwhile
    });
    await page.selectOption('#ask-area', 'celje-mestna-cetrt-center');
    await page.waitForRequest('**/processes/inside/execution');
    const brokenOff = page.waitForEvent('requestfailed', isFirst);
    await page.selectOption('#ask-area', CORE);
    await page.waitForResponse((response) => response.url().includes('processes/inside') && response.request().postData().includes(CORE));
    await page.waitForFunction(() => document.querySelector('.outcome h1').textContent === 'Old town core');
    await brokenOff;
    release();
    await page.evaluate(() => new Promise((settle) => requestAnimationFrame(() => setTimeout(settle))));
    assert.equal(await heading(page), 'Old town core');
    assert.equal(held, 1);
  }));

test('a circle and a freehand stroke are areas, too', () =>
  visit('?city=celje&tab=ask', async (page) => {
    await idle(page);
    const middle = await onPage(page, [15.2668, 46.2288]);
    await take(page, 'Circle');
    await page.mouse.click(middle.x, middle.y);
    await page.mouse.move(middle.x + 60, middle.y, { steps: 4 });
    await page.mouse.click(middle.x + 60, middle.y);
    await page.waitForFunction(() => (new URL(location.href).searchParams.get('shape') ?? '').split('/').length > 20);
    await answered(page);
    const round = await sentence(page);

    await take(page, 'Freehand');
    await page.mouse.click(middle.x - 80, middle.y - 60);
    for (const [dx, dy] of [
      [90, -60],
      [100, 70],
      [-70, 80],
      [-82, -20],
      [-80, -60],
    ])
      await page.mouse.move(middle.x + dx, middle.y + dy, { steps: 12 });
    await page.mouse.click(middle.x - 80, middle.y - 60);
    await page.waitForFunction((old) => document.querySelector('.outcome .heading p')?.textContent !== old, round);
    const corners = new URL(page.url()).searchParams.get('shape').split('/').length;
    assert.ok(corners >= 4 && corners < 40, `${corners} corners`);
  }));

test('list and map are in step, an intervention opens and Back returns to the answer', () =>
  visit(`?city=celje&tab=ask&area=${CORE}`, async (page) => {
    await answered(page);
    await idle(page);
    const [first] = await ids(page);
    await page.locator(`.outcome .row[data-id="${first}"]`).click();
    await idle(page);
    const outlined = await page.evaluate(() =>
      window.cityheart.map.queryRenderedFeatures({ layers: ['casing-selected'] }).map(({ properties }) => properties.id),
    );
    assert.deepEqual([...new Set(outlined)], [first]);
    assert.equal(await page.locator(`.outcome .row[data-id="${first}"]`).getAttribute('aria-pressed'), 'true');
    await page.getByRole('button', { name: 'Open this intervention' }).click();
    await page.locator('.detail h1').waitFor();
    await page.goBack();
    await answered(page);
    assert.equal(await heading(page), 'Old town core');
  }));

test('from an intervention one asks who does something alike; from the map, by drawing', () =>
  visit('?city=celje&id=celje-presernova-redesign', async (page) => {
    await page.locator('.detail').getByRole('button', { name: 'Who is doing something similar?' }).click();
    await answered(page);
    assert.match(await heading(page), /Similar to “Redesign of Prešernova street”/);
    await idle(page);
    await page.getByRole('button', { name: 'Draw an area and ask' }).click();
    await page.locator('.outcome.empty').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Outline' }).getAttribute('aria-pressed'), 'true');
    assert.match(page.url(), /tab=ask/);
  }));

test('the plan’s filters narrow the question, which is said with the way out', () =>
  visit(`?city=celje&tab=ask&area=${CORE}&status=completed`, async (page) => {
    await answered(page);
    const done = await answer('inside', { area: CORE, filter: { status: ['completed'] } });
    assert.equal((await ids(page)).length, done.features.features.length);
    await page.locator('.filtered .link').click();
    const all = await answer('inside', { area: CORE });
    await page.waitForFunction((count) => document.querySelectorAll('.outcome .row').length === count, all.features.features.length);
  }));

test('every answer goes along as GeoJSON, as CSV, and as a link', () =>
  visit(`?city=celje&tab=ask&shape=${SHAPE}`, async (page) => {
    await answered(page);
    const take = async (name) => {
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name }).click()]);
      return readFileSync(await download.path(), 'utf8');
    };
    const json = JSON.parse(await take('GeoJSON'));
    assert.equal(json.type, 'FeatureCollection');
    assert.equal(json.features[0].geometry.type, 'Polygon');
    assert.ok(json.features.some(({ id, result }) => id === 'celje-renewal-1' && result.share > 0));
    assert.equal(json.question, page.url());
    const numbers = await take('Numbers (CSV)');
    assert.match(numbers, /^\ufeffquestion,number,group,value,unit/);
    assert.match(numbers, /summary,eu_share,,[\d.]+,%,[\d.]+,[\d.]+,/);
    assert.match(await take('List (CSV)'), /celje-renewal-1,/);
  }));

test('a link reopens the question, and the same answer', () =>
  visit(`?city=celje&tab=ask&shape=${SHAPE}&with=rule:share`, async (page) => {
    await answered(page);
    const first = [await heading(page), await sentence(page), ...(await cards(page))];
    await page.goto(page.url());
    await answered(page);
    assert.deepEqual([await heading(page), await sentence(page), ...(await cards(page))], first);
    assert.equal(await page.locator('#ask-rule').inputValue(), 'share');
  }));

test('a question that cannot be answered says why, where it stands', () =>
  visit(
    '?city=celje&tab=ask&area=atlantis',
    async (page) => {
      await page.locator('.outcome[role="alert"]').waitFor();
      assert.match(await page.locator('.outcome').textContent(), /no feature 'atlantis'/);
      await page.selectOption('#ask-area', CORE);
      await answered(page);
    },
    { expectErrors: [/Failed to load resource.*400/] },
  ));

test('with keys alone an area is drawn under the cross and answered', () =>
  visit('?city=celje&tab=ask', async (page) => {
    await idle(page);
    await page.locator('.other-ways > summary').focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    assert.match(await page.evaluate(() => document.activeElement.textContent), /centre of the map/);
    await page.keyboard.press('Enter');
    const pan = async (key) => {
      const before = await page.evaluate(() => window.cityheart.map.getCenter().toArray().join());
      await page.keyboard.press(key);
      await page.waitForFunction((old) => window.cityheart.map.getCenter().toArray().join() !== old, before);
      await idle(page);
    };
    await page.keyboard.press('Enter');
    await pan('ArrowRight');
    await page.keyboard.press('Enter');
    await pan('ArrowDown');
    await page.keyboard.press('Enter');
    await pan('ArrowLeft');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Backspace');
    await page.keyboard.press('Enter');
    await page.waitForFunction(
      () => window.cityheart.map.getStyle().sources.answer.data.features.filter(({ properties }) => properties.role === 'corner').length === 4,
    );
    await page.keyboard.press('Enter'); // again at the same place: done
    await answered(page);
    assert.equal(await heading(page), 'In the drawn area');
    assert.equal(new URL(page.url()).searchParams.get('shape').split('/').length, 4);
    assert.match(await page.locator('[role="status"].unseen').textContent(), /In the drawn area: .* ha/);
  }));

test('Escape lays the tool down', () =>
  visit('?city=celje&tab=ask', async (page) => {
    await idle(page);
    const tool = page.getByRole('button', { name: 'Outline' });
    await tool.click();
    assert.equal(await tool.getAttribute('aria-pressed'), 'true');
    await page.keyboard.press('Escape');
    await page.locator('.tool[aria-pressed="false"]').first().waitFor();
    assert.equal(await page.locator('.tool[aria-pressed="true"]').count(), 0);
  }));

test('without a map the corners are typed, and a mistake names its line', () =>
  visit(
    '?city=celje&tab=ask',
    async (page) => {
      await page.locator('.no-map').waitFor();
      const corners = page.locator('.typed textarea');
      await corners.fill('46.2268, 15.2631\nthe town hall\n46.2302, 15.2701');
      await page.getByRole('button', { name: 'Use these coordinates' }).click();
      assert.match(await page.locator('.fault').textContent(), /Line 2/);
      await corners.fill(SQUARE.map(([lon, lat]) => `${lat}, ${lon}`).join('\n'));
      await page.getByRole('button', { name: 'Use these coordinates' }).click();
      await answered(page);
      const area = { type: 'Polygon', coordinates: [[...SQUARE, SQUARE[0]]] };
      assert.equal((await ids(page)).length, value(await answer('inside', { area }), 'features'));
    },
    {
      prepare: (page) =>
        page.addInitScript(() => {
          const original = HTMLCanvasElement.prototype.getContext;
          HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
            return kind.startsWith('webgl') ? null : original.call(this, kind, ...rest);
          };
        }),
    },
  ));

const QUESTIONS = [
  'ask=reach&point=15.2668,46.2288',
  `ask=inside&area=${CORE}`,
  'ask=nearby&point=15.2668,46.2288',
  `ask=gaps&area=${CORE}`,
  'ask=without',
  'ask=conflicts',
  'ask=summary',
  'ask=coverage',
  'ask=footprint',
  'ask=rate',
  'ask=similar&with=id:celje-presernova-redesign',
  'ask=portfolio',
];

for (const width of [320, 390]) {
  test(`every question fits at ${width} px, with targets large enough to touch`, () =>
    visit(
      '?city=celje&tab=ask',
      async (page) => {
        const found = [];
        for (const question of [...QUESTIONS.map((one) => `tab=ask&${one}`), 'tab=compare&compare=city:celje,city:osijek']) {
          await page.goto(`${base}?city=celje&${question}`);
          await page.locator('.ask .export').waitFor();
          const wrong = await page.evaluate(() => {
            const content = document.getElementById('tab-content');
            const wide = [document.documentElement, content]
              .filter((one) => one.scrollWidth > one.clientWidth + 1)
              .map((one) => `scrolls sideways: ${one.id || 'page'}`);
            const small = [...content.querySelectorAll('button, select, input:not([type=checkbox]), summary, textarea')]
              .filter((one) => one.checkVisibility() && !one.closest('.link') && !one.classList.contains('link'))
              .filter((one) => one.getBoundingClientRect().height < 44)
              .map((one) => `low: ${one.outerHTML.slice(0, 90)}`);
            return [...wide, ...small];
          });
          found.push(...wrong.map((text) => `${question}: ${text}`));
        }
        assert.deepEqual(found, []);
      },
      { viewport: { width, height: 780 }, hasTouch: true, isMobile: true },
    ));
}

// Questions asked of the plan in the map: each is clicked through, and what the page says is held against what the server answers.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { base, counted, features, idle, onPage, visit } from './harness.mjs';

const CORE = 'celje-staro-mestno-jedro';
const SQUARE = [[15.2631, 46.2268], [15.2705, 46.2273], [15.2701, 46.2302], [15.2648, 46.231]];
const SHAPE = SQUARE.map((at) => at.join()).join('/');

async function answer(process, inputs) {
  const response = await fetch(`${base}api/processes/${process}/execution`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ inputs }),
  });
  assert.equal(response.status, 200, await response.clone().text());
  return response.json();
}

const value = ({ numbers }, name, group = {}) =>
  numbers.find((one) => one.name === name && JSON.stringify(one.group ?? {}) === JSON.stringify(group))?.value;

const heading = (page) => page.locator('.outcome h1').textContent();
const sentence = (page) => page.locator('.outcome .heading p').textContent();
const cards = (page) => page.locator('.outcome .card strong').allTextContents();
const answered = (page) => page.locator('.outcome .export').waitFor();
const ids = (page) => page.locator('.outcome .row').evaluateAll((rows) => rows.map((row) => row.dataset.id).filter(Boolean));
/** Waits until the list is that of an answer: while a shape grows, answers to parts of it are shown. */
const listed = (page, { features }) =>
  page.waitForFunction(
    (wanted) => [...document.querySelectorAll('.outcome .row')].flatMap(({ dataset }) => dataset.id ?? []).sort().join() === wanted,
    features.features.map(({ id }) => id).sort().join(),
  );
const shapesOnMap = (page) =>
  page.evaluate(() => window.cityheart.map.getStyle().sources.answer.data.features.map(({ properties }) => properties.role));

/** Takes a tool in hand once it is there to draw. */
async function take(page, name) {
  await page.waitForFunction(() => window.cityheart.map.getSource('td-point'));
  await page.getByRole('button', { name }).click();
}

/** Draws corner by corner with the pointer and closes the outline. */
async function outline(page, corners) {
  await take(page, 'Outline');
  for (const at of [...corners, corners[0]]) {
    const { x, y } = await onPage(page, at);
    await page.mouse.move(x, y, { steps: 3 });
    await page.mouse.click(x, y);
  }
}

test('an outline drawn on the map gives one picture and its numbers', () =>
  visit('?city=celje&tab=ask', async (page) => {
    await idle(page);
    assert.match(await page.locator('.outcome').textContent(), /Draw an area/);
    await outline(page, SQUARE);
    await answered(page);
    assert.equal(await heading(page), 'In the drawn area');
    const drawn = new URL(page.url()).searchParams.get('shape').split('/').map((at) => at.split(',').map(Number));
    assert.equal(drawn.length, 4);
    const area = { type: 'Polygon', coordinates: [[...drawn, drawn[0]]] };
    const [inside, money] = await Promise.all([answer('inside', { area }), answer('summary', { area })]);
    await listed(page, inside);
    const partly = inside.features.features.filter(({ result }) => result.share < 1).length;
    assert.match(await sentence(page), new RegExp(`ha · ${value(inside, 'features')} interventions, ${partly} partly inside · 3 without a place are not counted`));
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
    for (const [dx, dy] of [[90, -60], [100, 70], [-70, 80], [-82, -20], [-80, -60]]) await page.mouse.move(middle.x + dx, middle.y + dy, { steps: 12 });
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

test('charts carry their numbers as a table', () =>
  visit(`?city=celje&tab=ask&area=${CORE}`, async (page) => {
    await answered(page);
    await page.locator('.charts > summary').click();
    const chart = page.locator('.chart').first();
    await chart.locator('svg[role="img"]').waitFor();
    const label = await chart.locator('svg').getAttribute('aria-label');
    const sums = await answer('summary', { area: CORE, group_by: ['status'] });
    assert.match(label, new RegExp(`Completed ${value(sums, 'features', { status: 'completed' })}`));
    await chart.locator('.data summary').click();
    const rows = await chart.locator('tbody tr').count();
    assert.equal(rows, sums.numbers.filter(({ name, group }) => name === 'features' && group?.status).length);
    assert.match(await chart.locator('tbody').textContent(), /not costed/);
  }));

test('what is near is found by tapping the map, nearest first', () =>
  visit('?city=celje&tab=ask&ask=nearby', async (page) => {
    await idle(page);
    const { x, y } = await onPage(page, [15.2668, 46.2288]);
    await page.mouse.click(x, y);
    await answered(page);
    const point = new URL(page.url()).searchParams.get('point').split(',').map(Number);
    const near = await answer('nearby', { point, radius_m: 300 });
    assert.deepEqual(await ids(page), near.features.features.map(({ id }) => id));
    assert.deepEqual((await shapesOnMap(page)).sort(), ['place', 'radius']);
    await page.getByLabel('Within, in metres').fill('60');
    const fewer = await answer('nearby', { point, radius_m: 60 });
    await page.waitForFunction((count) => document.querySelectorAll('.outcome .row').length === count, fewer.features.features.length);
    assert.ok(fewer.features.features.length < near.features.features.length);
  }));

test('gaps are shaded on the map, with their part of the area', () =>
  visit(`?city=celje&tab=ask&ask=gaps&area=${CORE}&with=missing:class-museum,gap:150`, async (page) => {
    await answered(page);
    const gaps = await answer('gaps', { area: CORE, filter: { class: 'museum' }, distance_m: 150 });
    assert.equal((await cards(page))[0], `${Math.round(value(gaps, 'gap_share'))}%`);
    await idle(page);
    const roles = await shapesOnMap(page);
    assert.equal(roles.filter((role) => role === 'shade').length, gaps.features.features.length);
    assert.ok(roles.includes('area'));
  }));

test('works that collide are listed with their months and shown as pairs', () =>
  visit('?city=celje&tab=ask&ask=conflicts', async (page) => {
    await answered(page);
    const { features: found } = await answer('conflicts', { filter: { city: 'celje' }, distance_m: 100 });
    await counted(page.locator('.pair'), found.features.length);
    const text = await page.locator('.pairs').textContent();
    assert.match(text, /Sep 2025/);
    assert.match(text, /possible/);
    await idle(page);
    assert.equal((await shapesOnMap(page)).filter((role) => role === 'pair').length, found.features.length);
    await page.locator('.pair').first().click();
    await idle(page);
    assert.ok(await page.evaluate(() => window.cityheart.map.getZoom() > 15));
  }));

test('coverage is a matrix of quarters and what they have, and have not', () =>
  visit('?city=celje&tab=ask&ask=coverage', async (page) => {
    await answered(page);
    const coverage = await answer('coverage', { areas_filter: { city: 'celje' } });
    await counted(page.locator('.matrix thead th'), value(coverage, 'areas'));
    const housing = page.locator('.matrix tr', { hasText: 'Housing' });
    assert.deepEqual(await housing.locator('td').allTextContents(), ['none', 'none']);
    const commerce = page.locator('.matrix tr', { hasText: 'Commerce' });
    assert.equal(await commerce.locator('td').first().textContent(), String(value(coverage, 'interventions', { area: 'celje-mestna-cetrt-center', functions: 'commerce' })));
  }));

test('coverage needs a city and says so', () =>
  visit('?tab=ask&ask=coverage', async (page) => {
    await page.locator('.outcome.empty').waitFor();
    assert.match(await page.locator('.outcome').textContent(), /Choose a city/);
  }));

test('what lacks something nearby is counted with its base', () =>
  visit('?city=celje&tab=ask&ask=without&with=having:class-museum,distance:150', async (page) => {
    await answered(page);
    const without = await answer('without', { filter: { city: 'celje' }, other: 'facilities', other_filter: { class: 'museum' }, distance_m: 150 });
    assert.match(await sentence(page), new RegExp(`^${value(without, 'features')} of ${value(without, 'asked')} have none within 150 m`));
    assert.deepEqual(await ids(page), without.features.features.map(({ id }) => id));
  }));

test('ground is counted once, in the official unit', () =>
  visit(`?city=celje&tab=ask&ask=footprint&area=${CORE}`, async (page) => {
    await answered(page);
    const footprint = await answer('footprint', { area: CORE, preset: 'RCO114' });
    assert.equal((await cards(page))[0], `${Math.round(value(footprint, 'RCO114')).toLocaleString('en')} m²`);
  }));

test('a rate says both of its numbers, and its change between two surveys', () =>
  visit('?city=celje&tab=ask&ask=rate', async (page) => {
    await answered(page);
    await page.locator('.chart svg').waitFor();
    const surveys = [...new Set((await features('premises')).map(({ properties }) => properties.survey))].sort();
    await page.getByLabel('Compared with survey').selectOption(surveys[0]);
    await page.getByLabel('Survey', { exact: true }).selectOption(surveys[1]);
    await page.locator('.outcome .card', { hasText: 'percentage points' }).waitFor();
    const denominator = { state: ['occupied', 'vacant', 'works', 'unknown'] };
    const rate = await answer('rate', { numerator: { state: 'vacant' }, denominator, before: { survey: surveys[0] }, after: { survey: surveys[1] } });
    const all = rate.numbers.find(({ name }) => name === 'rate');
    assert.equal(await sentence(page), `${all.numerator} of ${all.denominator}`);
  }));

test('sums are split as wanted', () =>
  visit('?city=celje&tab=ask&ask=summary', async (page) => {
    await answered(page);
    await page.getByLabel('Split by').selectOption('functions');
    const sums = await answer('summary', { filter: { city: 'celje' }, group_by: ['functions'] });
    await page.waitForFunction(
      (count) => document.querySelector('.chart svg')?.getAttribute('aria-label').includes(`Public space ${count}`),
      value(sums, 'features', { functions: 'public_space' }),
    );
  }));

test('what others do alike comes with its reasons', () =>
  visit('?city=celje&tab=ask&ask=similar&id=celje-presernova-redesign', async (page) => {
    await answered(page);
    const alike = await answer('similar', { intervention: 'celje-presernova-redesign', k: 12 });
    assert.deepEqual(await ids(page), alike.features.features.map(({ id }) => id));
    assert.ok((await page.locator('.reasons .chip').count()) > 0);
    assert.match(await page.locator('.outcome .row').first().textContent(), new RegExp(`${Math.round(alike.features.features[0].result.score * 100)}% alike`));
  }));

test('from an intervention one asks who does something alike; from the map, by drawing', () =>
  visit('?city=celje&id=celje-presernova-redesign', async (page) => {
    await page.locator('.detail').getByRole('button', { name: 'Who does something similar?' }).click();
    await answered(page);
    assert.match(await heading(page), /Like “Redesign of Prešernova street”/);
    await idle(page);
    await page.getByRole('button', { name: 'Draw an area and ask' }).click();
    await page.locator('.outcome.empty').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Outline' }).getAttribute('aria-pressed'), 'true');
    assert.match(page.url(), /tab=ask/);
  }));

test('what is reached on foot is shaded, and a straight line is said to be one', () =>
  visit('?city=celje&tab=ask&ask=reach&point=15.2668,46.2288&with=minutes:5', async (page) => {
    await answered(page);
    const reach = await answer('reach', { point: [15.2668, 46.2288], minutes: 5, collection: 'facilities' });
    assert.equal(reach.features.features.find(({ id }) => id === 'reach').result.way, 'straight');
    assert.match(await page.locator('.caution').textContent(), /straight line/);
    assert.equal((await cards(page))[0], String(value(reach, 'reached')));
    await counted(page.locator('.outcome .row'), value(reach, 'reached'));
    await idle(page);
    assert.ok((await shapesOnMap(page)).includes('shade'));
  }));

test('a budget gives a choice, what a tenth more would add, and names rules that clash', () =>
  visit('?tab=ask&ask=portfolio', async (page) => {
    await answered(page);
    const best = await answer('portfolio', { budget: 2_000_000, depends_on: true, exclusive_tests: true });
    assert.match(await sentence(page), new RegExp(`^${value(best, 'chosen')} of ${value(best, 'candidates')}`));
    assert.match(await page.locator('.outcome').textContent(), /With 10 % more/);
    await page.getByLabel('At least one for each of').selectOption('objectives');
    await page.locator('.caution', { hasText: 'at least one for' }).waitFor();
    assert.match(await page.locator('.caution').textContent(), /At least €.* is needed/);
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

test('what was not counted is named, and the rules are there to read', () =>
  visit(`?city=celje&tab=ask&area=${CORE}`, async (page) => {
    await answered(page);
    await page.locator('.fold > summary', { hasText: 'Not counted' }).click();
    assert.match(await page.locator('.left-out').textContent(), /without a place \(3\)/);
    await page.locator('.fold > summary', { hasText: 'How this was counted' }).click();
    assert.ok((await page.locator('.rules li').count()) >= 3);
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
    assert.match(await page.evaluate(() => document.activeElement.textContent), /middle of the map/);
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
    await page.waitForFunction(() => window.cityheart.map.getStyle().sources.answer.data.features.filter(({ properties }) => properties.role === 'corner').length === 4);
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
            const wide = [document.documentElement, content].filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => `scrolls sideways: ${one.id || 'page'}`);
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

test('cities stand side by side with the same figures, each with its base', () =>
  visit('?tab=compare', async (page) => {
    const add = page.getByLabel('Add a city or an area');
    await add.selectOption('city:celje');
    await page.getByText('Choose at least two.').waitFor();
    await add.selectOption('city:osijek');
    await page.locator('.compared b').nth(5).waitFor();
    const [celje, osijek] = await Promise.all(['celje', 'osijek'].map((city) => answer('summary', { filter: { city }, group_by: ['status', 'objectives'] })));
    const row = (name) => page.locator('.compared tr', { has: page.getByRole('rowheader', { name, exact: true }) }).locator('td b').allTextContents();
    assert.deepEqual(await row('Interventions'), [celje, osijek].map((one) => String(value(one, 'features'))));
    assert.deepEqual(await row('EU share'), [celje, osijek].map((one) => `${Math.round(value(one, 'eu_share'))}%`));
    const known = celje.numbers.find(({ name, group }) => name === 'cost' && !group).ids.length;
    assert.match(await page.locator('.compared tr', { hasText: 'Cost' }).first().textContent(), new RegExp(`${known} of ${value(celje, 'features')} known`));
    assert.match(page.url(), /compare=city:celje,city:osijek/);
    await page.getByRole('button', { name: 'Take out Celje' }).click();
    await page.getByText('Choose at least two.').waitFor();
    await page.goBack();
    await page.locator('.compared').waitFor();
  }));

test('areas are compared and shown on the map', () =>
  visit(`?city=celje&tab=compare&compare=area:${CORE},area:celje-mestna-cetrt-center`, async (page) => {
    await page.locator('.compared b').nth(5).waitFor();
    await idle(page);
    assert.deepEqual(await shapesOnMap(page), ['area', 'area']);
    const core = await answer('summary', { area: CORE });
    assert.equal(await page.locator('.compared td b').first().textContent(), String(value(core, 'features')));
  }));

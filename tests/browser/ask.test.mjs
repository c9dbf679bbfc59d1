// Questions asked of the plan in the map: what the page says to each is held against what the server answers.
import assert from 'node:assert/strict';
import { CORE, answer, answered, cards, ids, sentence, shapesOnMap, value } from './asking.mjs';
import { counted, features, idle, onPage, test, visit } from './harness.mjs';

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
    assert.deepEqual(
      await ids(page),
      near.features.features.map(({ id }) => id),
    );
    assert.deepEqual((await shapesOnMap(page)).sort(), ['place', 'radius']);
    await page.getByLabel('Within (metres)').fill('60');
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
  visit('?city=fleurus&tab=ask&ask=conflicts', async (page) => {
    await answered(page);
    const { features: found, left_out } = await answer('conflicts', { filter: { city: 'fleurus' }, distance_m: 100 });
    assert.ok(found.features.length > 0 && left_out.completed.length > 0);
    await counted(page.locator('.pair'), found.features.length);
    const text = await page.locator('.pairs').textContent();
    assert.match(text, /Jan 2023/);
    assert.match(text, /undecided: a start or an end is assumed/);
    const reasons = await page.locator('.left-out dt').allTextContents();
    assert.ok(reasons.includes(`completed (${left_out.completed.length})`), reasons.join('; '));
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
    assert.equal(
      await commerce.locator('td').first().textContent(),
      String(value(coverage, 'interventions', { area: 'celje-mestna-cetrt-center', functions: 'commerce' })),
    );
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
    assert.deepEqual(
      await ids(page),
      without.features.features.map(({ id }) => id),
    );
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

test('the sum of a programme stands apart from the cost, with its rule', () =>
  visit('?city=granada&tab=ask&ask=summary', async (page) => {
    await answered(page);
    const sums = await answer('summary', { filter: { city: 'granada' } });
    const programmes = sums.numbers.find(({ name }) => name === 'programme_cost');
    const card = await page.locator('.outcome .card').first().textContent();
    assert.ok(programmes.ids.length > 0 && card.includes(`${programmes.ids.length} programme total`), card);
    assert.match(card, /not added \(€[\d.]+M\)/);
    await page.locator('.fold > summary', { hasText: 'How this was calculated' }).click();
    assert.match(await page.locator('.rules').textContent(), /The cost of a whole programme covers several interventions and is not added/);
  }));

test('what others do alike comes with its reasons', () =>
  visit('?city=celje&tab=ask&ask=similar&id=celje-presernova-redesign', async (page) => {
    await answered(page);
    const alike = await answer('similar', { intervention: 'celje-presernova-redesign', k: 12 });
    assert.deepEqual(
      await ids(page),
      alike.features.features.map(({ id }) => id),
    );
    assert.ok((await page.locator('.reasons .chip').count()) > 0);
    assert.match(
      await page.locator('.outcome .row').first().textContent(),
      new RegExp(`${Math.round(alike.features.features[0].result.score * 100)}% similar`),
    );
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
    assert.match(await page.locator('.outcome').textContent(), /with 10% more/i);
    await page.getByLabel('At least one for each of').selectOption('objectives');
    await page.locator('.caution', { hasText: 'at least one for' }).waitFor();
    assert.match(await page.locator('.caution').textContent(), /The budget must be at least €/);
  }));

test('what was not counted is named, and the rules are there to read', () =>
  visit(`?city=celje&tab=ask&area=${CORE}`, async (page) => {
    await answered(page);
    await page.locator('.fold > summary', { hasText: 'Not counted' }).click();
    assert.match(await page.locator('.left-out').textContent(), /without a location \(3\)/);
    await page.locator('.fold > summary', { hasText: 'How this was calculated' }).click();
    assert.ok((await page.locator('.rules li').count()) >= 3);
  }));

test('cities stand side by side with the same figures, each with its base', () =>
  visit('?tab=compare', async (page) => {
    const add = page.getByLabel('Add a city or an area');
    await add.selectOption('city:celje');
    await page.getByText('Choose at least two.').waitFor();
    await add.selectOption('city:osijek');
    await page.locator('.compared b').nth(5).waitFor();
    const [celje, osijek] = await Promise.all(['celje', 'osijek'].map((city) => answer('summary', { filter: { city }, group_by: ['status', 'objectives'] })));
    const row = (name) =>
      page
        .locator('.compared tr', { has: page.getByRole('rowheader', { name, exact: true }) })
        .locator('td b')
        .allTextContents();
    assert.deepEqual(
      await row('Interventions'),
      [celje, osijek].map((one) => String(value(one, 'features'))),
    );
    assert.deepEqual(
      await row('EU share'),
      [celje, osijek].map((one) => `${Math.round(value(one, 'eu_share'))}%`),
    );
    const known = celje.numbers.find(({ name, group }) => name === 'cost' && !group).ids.length;
    assert.match(await page.locator('.compared tr', { hasText: 'Cost' }).first().textContent(), new RegExp(`${known} of ${value(celje, 'features')} known`));
    assert.match(page.url(), /compare=city:celje,city:osijek/);
    await page.getByRole('button', { name: 'Remove Celje' }).click();
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

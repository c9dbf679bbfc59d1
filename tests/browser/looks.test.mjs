// What is really drawn and said: colours on the canvas, languages, themes, small screens, keys, and failures.
import assert from 'node:assert/strict';
import { assertColour, blend, camera, colourAt, features, hex, idle, messages, pointsInside, row, test, visit, within } from './harness.mjs';

const THEMES = {
  light: { land: hex('#f6f4ef'), accent: hex('#5b2a86'), running: hex('#a16207'), panel: 'rgb(255, 255, 255)' },
  dark: { land: hex('#1d2126'), accent: hex('#c9a5ee'), running: hex('#e8b84a'), panel: 'rgb(21, 24, 28)' },
};

for (const [theme, colours] of Object.entries(THEMES)) {
  test(`a centre area and an intervention are drawn in their colours, ${theme}`, () =>
    visit(
      '?city=osijek',
      async (page) => {
        const tvrda = (await features('areas')).find(({ id }) => id === 'osijek-tvrda');
        const works = (await features('interventions')).find(({ id }) => id === 'osijek-tvrda-infrastructure');
        const covered = [works.geometry].flatMap(({ type, coordinates }) => (type === 'Polygon' ? [coordinates] : coordinates));
        const areaOnly = pointsInside(tvrda.geometry).filter((at) => !covered.some((rings) => within(rings[0], at)));
        const both = pointsInside(works.geometry).filter((at) => within(ringOf(tvrda), at));
        assert.ok(areaOnly.length > 3 && both.length > 3);
        await idle(page);
        const tinted = blend(colours.land, colours.accent, 0.07);
        assertColour(await colourAt(page, areaOnly), tinted, 'area');
        assertColour(await colourAt(page, both), blend(tinted, colours.running, 0.36), 'intervention');
        await page.locator('.switch', { hasText: 'Done' }).click();
        assertColour(await colourAt(page, both), tinted, 'area after the intervention is filtered away');
      },
      { colorScheme: theme },
    ));
}

const ringOf = ({ geometry }) => (geometry.type === 'Polygon' ? geometry.coordinates : geometry.coordinates[0])[0];

test('the world is drawn: land and sea differ', () =>
  visit('', async (page) => {
    assertColour(
      await colourAt(page, [
        [2, 47],
        [2.5, 47.5],
        [3, 47],
      ]),
      THEMES.light.land,
      'France',
    );
    assertColour(
      await colourAt(page, [
        [-5, 46],
        [-6, 46],
        [-6, 45.5],
      ]),
      hex('#bcd7ea'),
      'Biscay',
    );
  }));

test('the theme can be chosen over that of the device', () =>
  visit('?city=celje', async (page) => {
    const panel = () => page.evaluate(() => getComputedStyle(document.querySelector('.panel')).backgroundColor);
    assert.equal(await panel(), THEMES.light.panel);
    await page.selectOption('#theme', 'dark');
    assert.equal(await panel(), THEMES.dark.panel);
    assertColour(await colourAt(page, await corners(page)), THEMES.dark.land, 'land');
    await page.selectOption('#theme', 'system');
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.waitForFunction(() => getComputedStyle(document.querySelector('.panel')).backgroundColor === 'rgb(21, 24, 28)');
  }));

/** Lonlats near the right edge of the map, where Celje has no area. */
const corners = async (page) => {
  await idle(page);
  return page.evaluate(() => {
    const { map } = window.cityheart;
    const { clientWidth: w, clientHeight: h } = map.getCanvas();
    return [0.3, 0.4, 0.5, 0.6, 0.7].map((share) => map.unproject([w - 70, h * share]).toArray());
  });
};

test('Slovene is complete: no English message and no key is to be seen', () =>
  visit(
    '?lang=sl',
    async (page) => {
      const [en, sl] = [messages('en'), messages('sl')];
      const own = new Set(Object.values(sl).map((text) => text.toLowerCase()));
      const english = new Set(Object.values(en).filter((text) => !text.includes('{{') && !own.has(text.toLowerCase())));
      const keys = new Set(Object.keys(en));
      const check = async (where) => {
        const texts = await page.evaluate(() => {
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          const found = [];
          while (walker.nextNode()) found.push(walker.currentNode.textContent.trim());
          for (const element of document.querySelectorAll('[aria-label], [title], [placeholder]')) {
            for (const name of ['aria-label', 'title', 'placeholder']) found.push(element.getAttribute(name) ?? '');
          }
          return [...found, document.title];
        });
        const left = texts.filter((text) => english.has(text) || keys.has(text) || text.includes('{{'));
        assert.deepEqual(left.filter(Boolean), [], where);
      };
      await page.locator('.partner').first().waitFor();
      await page.waitForFunction(() => document.documentElement.lang === 'sl');
      await idle(page);
      await check('Europe');
      await page.selectOption('#city', 'celje');
      await page.locator('.filters summary').click();
      await check('city');
      assert.match(await page.locator('.row').first().textContent(), /Preureditev Prešernove ulice/);
      await row(page, 'celje-renewal-1')
        .or(page.locator('.row', { hasText: '3,02 mio. €' }))
        .first()
        .click();
      await check('detail');
      assert.match(await page.locator('.detail').textContent(), /3\.020\.756\s€/);
      assert.match(await page.locator('.detail').textContent(), /Cilji politike EU/);
      await page.getByRole('tab', { name: 'Tabela' }).click();
      await check('table');
      await page.goto(`${page.url().split('?')[0]}?lang=sl&q=xyzzy`);
      await page.locator('.nothing').waitFor();
      await check('nothing found');
    },
    { locale: 'sl-SI' },
  ));

test('the language can be changed in place and stays in the address', () =>
  visit('?city=lamia', async (page) => {
    await page.locator('.row').first().waitFor();
    await page.selectOption('#language', 'sl');
    await page.getByRole('tab', { name: 'Načrt' }).waitFor();
    assert.match(page.url(), /lang=sl/);
    assert.equal(await page.locator('.heading h1').textContent(), 'Lamija');
    await page.locator('.row').first().click();
    assert.match(await page.locator('.flags').textContent(), /Besedila v jeziku »slovenščina« ni/i);
  }));

for (const [width, height] of [
  [390, 844],
  [320, 640],
]) {
  test(`on a phone of ${width} pixels everything fits and can be touched`, () =>
    visit(
      '?city=celje',
      async (page) => {
        await idle(page);
        const size = await page.evaluate(() => ({
          page: document.documentElement.scrollWidth,
          map: document.querySelector('.map-area').getBoundingClientRect().height,
          main: document.querySelector('main').getBoundingClientRect().height,
        }));
        assert.equal(size.page, width);
        assert.ok(Math.abs(size.map / size.main - 0.46) < 0.02, `${size.map} of ${size.main}`);
        const small = await page.evaluate(() =>
          [...document.querySelectorAll('button, select, summary, input:not([type=checkbox])')]
            .filter((element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest('[hidden]'))
            .map((element) => ({ name: element.textContent.trim() || element.getAttribute('aria-label'), box: element.getBoundingClientRect() }))
            .filter(({ box }) => box.width > 0 && (box.height < 24 || box.width < 24))
            .map(({ name }) => name),
        );
        assert.deepEqual(small, []);
        await page.locator('.handle').click();
        await page.waitForFunction(() => document.querySelector('.map-area').getBoundingClientRect().height < 20);
        await row(page, 'celje-presernova-redesign').click();
        await page.locator('.detail h1').waitFor();
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
        await page.getByRole('button', { name: 'Show on the map' }).click();
        await idle(page);
        assert.ok((await camera(page)).zoom > 14);
      },
      { viewport: { width, height }, hasTouch: true },
    ));
}

test('everything in the list can be done by keyboard', () =>
  visit('?city=celje', async (page) => {
    await page.locator('.row').first().waitFor();
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.className), 'skip');
    await page.keyboard.press('Enter');
    const onRow = () => page.evaluate(() => document.activeElement.classList.contains('row'));
    for (let presses = 0; !(await onRow()); presses++) {
      assert.ok(presses < 20, 'the list is not reached by Tab');
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('ArrowDown');
    const title = await page.evaluate(() => document.activeElement.querySelector('.title').textContent);
    assert.equal(title, await page.locator('.row .title').nth(1).textContent());
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineWidth);
    assert.equal(outline, '3px');
    await page.keyboard.press('Enter');
    await page.locator('.detail h1').waitFor();
    assert.equal(await page.locator('.detail h1').textContent(), title);
    await page.waitForFunction((text) => document.querySelector('[role=status]').textContent.includes(text), title);
    await page.locator('.way .link').focus();
    await page.keyboard.press('Enter');
    await page.waitForFunction((text) => document.activeElement.querySelector?.('.title')?.textContent === text, title);
    await page.getByRole('tab', { name: 'Plan' }).focus();
    for (const name of ['Ask', 'Compare', 'Table']) {
      await page.keyboard.press('ArrowRight');
      await page.getByRole('tab', { name, selected: true }).waitFor();
    }
    await page.locator('table').waitFor();
  }));

test('the number of results is said once typing rests', () =>
  visit('', async (page) => {
    await page.fill('#search', 'presernova');
    await page.waitForFunction(() => /^\d+ interventions?$/.test(document.querySelector('[role=status]').textContent));
  }));

test('without WebGL the list works and the map says why it is empty', () =>
  visit(
    '?city=celje',
    async (page) => {
      await page.locator('.no-map').waitFor();
      await row(page, 'celje-presernova-redesign').click();
      await page.locator('.detail h1').waitFor();
    },
    {
      prepare: (page) =>
        page.addInitScript(() => {
          const real = HTMLCanvasElement.prototype.getContext;
          HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
            return kind.startsWith('webgl') ? null : real.call(this, kind, ...rest);
          };
        }),
    },
  ));

test('when the server gives no answer the page says so and can try again', () =>
  visit(
    '',
    async (page) => {
      await page.getByRole('alert').waitFor();
      await page.unroute('**/api/vocabularies*');
      await page.getByRole('button', { name: 'Load again' }).click();
      await page.locator('.partner').first().waitFor();
    },
    {
      expectErrors: [/503/, /api\/vocabularies/],
      prepare: (page) => page.route('**/api/vocabularies*', (route) => route.fulfill({ status: 503, body: '' })),
    },
  ));

test('every field of the schema has its place in the detail', () =>
  visit('', async (page) => {
    await page.locator('.partner').first().waitFor();
    const schema = await page.evaluate(() => fetch('api/collections/interventions/schema?f=json').then((answer) => answer.json()));
    const all = await features('interventions');
    const fullest = all.reduce((a, b) => (Object.keys(b.properties).length > Object.keys(a.properties).length ? b : a));
    await page.goto(`${page.url().split('?')[0]}?id=${fullest.id}`);
    await page.locator('.detail h1').waitFor();
    const text = await page.locator('.detail').textContent();
    const generic = ['code', 'kind', 'types', 'pillars', 'lead', 'iap', 'visibility'].filter((name) => fullest.properties[name] !== undefined);
    for (const name of [...generic, 'objectives', 'functions', 'sources']) {
      assert.ok(text.includes(schema.properties[name]['x-cityheart-title'].en), name);
    }
  }));

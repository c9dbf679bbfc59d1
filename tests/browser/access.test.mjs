// For everyone: without WebGL, in forced colours, on a narrow or much enlarged page, and what the statement says of it.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { addAxe } from './accessibility.mjs';
import { base, counted, features, row, test, visit } from './harness.mjs';
import { request } from './limits.mjs';

const withoutWebGL = (page) =>
  page.addInitScript(() => {
    const real = HTMLCanvasElement.prototype.getContext;
    HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
      return kind.startsWith('webgl') ? null : real.call(this, kind, ...rest);
    };
  });

test('without WebGL list, table, details, time, money and paper serve as before', () =>
  visit(
    '?city=celje',
    async (page) => {
      const celje = (await features('interventions')).filter(({ properties }) => properties.city === 'celje');
      await page.locator('.no-map').waitFor();
      await page.locator('.row').first().waitFor();
      await counted(page.locator('.row'), celje.length);
      await page.getByRole('slider', { name: 'Month shown' }).focus();
      await page.keyboard.press('ArrowLeft');
      await page.getByRole('button', { name: 'Back to now' }).click();
      await page.getByRole('button', { name: 'Timeline' }).click();
      await page.locator('.gantt .row').first().waitFor();
      await page.getByRole('button', { name: 'Money' }).click();
      await page.locator('.budget').waitFor();
      await page.getByRole('tab', { name: 'Table' }).click();
      await counted(page.locator('tbody tr[data-id]'), celje.length);
      await page.locator('tbody .link').first().click();
      await page.locator('.detail h1').waitFor();
      await page.getByRole('button', { name: 'Print' }).click();
      await page.locator('.paper tbody tr').first().waitFor();
      await counted(page.locator('.paper tbody tr'), celje.length);
      assert.equal(await page.locator('.paper-map').count(), 0);
    },
    { prepare: withoutWebGL },
  ));

test('in forced colours signs keep their colours, and what is chosen is told by more than colour', () =>
  visit(
    '?city=celje',
    async (page) => {
      await row(page, 'celje-presernova-redesign').waitFor();
      const signs = await page.locator('.switch .sign').evaluateAll((all) => all.map((sign) => getComputedStyle(sign).color));
      assert.equal(new Set(signs).size, 6);
      await page.locator('.switch', { hasText: 'Done' }).click();
      const edge = await page.locator('.switch[aria-pressed=true]').evaluate((one) => getComputedStyle(one).outlineStyle);
      assert.equal(edge, 'solid');
      const tab = await page.locator('[role=tab][aria-selected=true]').evaluate((one) => getComputedStyle(one).borderBlockEndStyle);
      assert.equal(tab, 'solid');
    },
    { forcedColors: 'active' },
  ));

const PATHS = [
  '?city=celje',
  '?city=celje&as=time',
  '?city=celje&as=money',
  '?city=celje&id=celje-presernova-redesign',
  '?city=granada&tab=table',
  '?city=celje&beside=granada,,',
  '?city=celje&print=1',
  '?city=celje&embed=1',
];

for (const [width, height, what] of [
  [320, 256, '400 % zoom of 1280 × 1024'],
  [320, 640, 'a small phone'],
  [768, 1024, 'a tablet'],
]) {
  test(`nothing needs scrolling across: ${what}`, () =>
    visit(
      '',
      async (page) => {
        for (const path of PATHS) {
          await page.goto(base + path);
          await page.locator('.row, .detail h1, tbody tr, .paper h1, .embed-bar, .budget').first().waitFor();
          const { page: wide, cut } = await page.evaluate(() => ({
            page: document.documentElement.scrollWidth,
            cut: [...document.querySelectorAll('button, select, input, a, h1, h2')]
              .filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.closest('.grid-area, .scroll, .unseen, .skip, .maplibregl-map'))
              .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
              .map((one) => one.className || one.textContent),
          }));
          assert.equal(wide, width, path);
          assert.deepEqual(cut, [], path);
        }
      },
      { viewport: { width, height } },
    ));
}

test('fingers find targets of 44 pixels for what is used most', () =>
  visit(
    '?city=celje',
    async (page) => {
      await row(page, 'celje-presernova-redesign').waitFor();
      await page.locator('.maplibregl-canvas').waitFor();
      const small = await page.evaluate(() =>
        [
          ...document.querySelectorAll(
            '.bar button, .bar select, .tabs button, .map-buttons button, .switch, .row, .way-choice, .legend summary, .more-filters summary',
          ),
        ]
          .filter((one) => one.checkVisibility({ visibilityProperty: true }))
          .map((one) => [one.className || one.id, one.getBoundingClientRect().height])
          .filter(([, height]) => height < 44),
      );
      assert.deepEqual(small, []);
    },
    { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
  ));

test('the accessibility statement is served in every language, linked from the page, and is itself accessible', () =>
  visit('?city=celje&lang=sl', async (page) => {
    await page.getByRole('link', { name: 'Dostopnost' }).click();
    await page.waitForURL(/accessibility\/sl\.html$/);
    assert.equal(await page.locator('h1').textContent(), 'Izjava o dostopnosti');
    assert.match(await page.locator('main').textContent(), /EN 301 549.*različico \d+\.\d+\.\d+/s);
    await addAxe(page);
    const { violations } = await page.evaluate(() => window.axe.run());
    assert.deepEqual(
      violations.map(({ id }) => id),
      [],
    );
    for (const code of readdirSync(new URL('../../web/src/locales/', import.meta.url))) {
      const answer = await request(`${base}accessibility/${code}.html`);
      assert.equal(answer.status, 200, code);
      assert.match(await answer.text(), new RegExp(`<html lang="${code}">`));
    }
    await page.getByRole('link', { name: 'Na zemljevid' }).click();
    await page.locator('.partner').first().waitFor();
  }));

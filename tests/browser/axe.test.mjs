// Every view, in both themes and two languages (English, and Greek for its long words and other letters), against the rules of axe-core for WCAG 2.2 AA and good practice.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { visit } from './harness.mjs';

const require = createRequire(new URL('../../web/package.json', import.meta.url));
const axe = require.resolve('axe-core/axe.min.js');
const languages = ['en', 'el'];

const VIEWS = [
  { name: 'Europe', path: '?', shows: '.partner' },
  { name: 'city', path: '?city=celje', shows: '.row' },
  { name: 'filters', path: '?city=celje&status=completed', shows: '.row', click: '.filters summary' },
  { name: 'legend', path: '?city=celje', shows: '.row', click: '.legend summary' },
  { name: 'keys', path: '?city=celje', shows: '.row', click: '.square[popovertarget="keys"]' },
  { name: 'detail', path: '?city=osijek&id=osijek-tvrda-infrastructure', shows: '.detail h1' },
  { name: 'detail that is not there', path: '?id=nobody', shows: '.detail .note' },
  { name: 'table', path: '?city=granada&tab=table', shows: 'td' },
  { name: 'ask', path: '?city=celje&tab=ask', shows: '.outcome.empty', click: '.other-ways > summary' },
  { name: 'ask inside', path: '?city=celje&tab=ask&area=celje-staro-mestno-jedro', shows: '.ask .export', click: '.charts > summary' },
  { name: 'ask nearby', path: '?city=celje&tab=ask&ask=nearby&point=15.2668,46.2288', shows: '.ask .export' },
  { name: 'ask conflicts', path: '?city=celje&tab=ask&ask=conflicts', shows: '.pair' },
  { name: 'ask coverage', path: '?city=celje&tab=ask&ask=coverage', shows: '.matrix' },
  { name: 'ask rate', path: '?city=celje&tab=ask&ask=rate', shows: '.chart svg', click: '.data summary' },
  { name: 'ask similar', path: '?tab=ask&ask=similar&with=id:celje-presernova-redesign', shows: '.reasons' },
  { name: 'ask portfolio', path: '?tab=ask&ask=portfolio', shows: '.ask .export', click: '.fold.wide > summary' },
  { name: 'compare', path: '?tab=compare&compare=city:celje,city:osijek', shows: '.compared b' },
  { name: 'timeline', path: '?city=granada&as=time', shows: '.gantt' },
  { name: 'money', path: '?city=granada&as=money&colour=function', shows: '.budget' },
  { name: 'a month', path: '?city=celje&at=2013-06', shows: '.row' },
  { name: 'share', path: '?city=celje', shows: '.row', click: '.button.share' },
  { name: 'what is in view', path: '?city=celje', shows: '.row', click: '.square[popovertarget="keys"]', then: '.tool-list button:nth-child(2)' },
  { name: 'measure', path: '?city=celje', shows: '.row', click: '.square[popovertarget="keys"]', then: '.tool-list button:nth-child(1)' },
  { name: 'two maps', path: '?city=celje&beside=granada,2030-01,done', shows: '.second-map .maplibregl-canvas' },
  { name: 'paper', path: '?city=celje&print=1', shows: '.paper h1' },
  { name: 'frame', path: '?city=celje&embed=1', shows: '.embed-bar', click: '.embed-bar .button' },
  { name: 'columns', path: '?city=granada&tab=table', shows: 'td', click: '.column-choice summary' },
  { name: 'nothing found', path: '?city=celje&q=xyzzy', shows: '.nothing' },
  { name: 'phone', path: '?city=sligo', shows: '.row', viewport: { width: 390, height: 844 } },
];

for (const colorScheme of ['light', 'dark']) {
  for (const lang of languages) {
    test(`nothing stands in the way of a reader: ${colorScheme}, ${lang}`, async () => {
      const found = [];
      await visit(
        `?lang=${lang}`,
        async (page) => {
          const start = page.url().split('?')[0];
          for (const { name, path, shows, click, then, viewport = { width: 1280, height: 800 } } of VIEWS) {
            await page.setViewportSize(viewport);
            await page.goto(`${start}${path}&lang=${lang}`);
            await page.locator(shows).first().waitFor();
            await page.waitForFunction((wanted) => document.documentElement.lang === wanted, lang);
            if (click) await page.locator(click).click();
            await page.locator('.maplibregl-canvas').first().waitFor();
            if (then) await page.locator(then).click();
            await page.addScriptTag({ path: axe });
            const { violations } = await page.evaluate(() =>
              window.axe.run(document, {
                runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
                rules: { 'target-size': { enabled: true } },
              }),
            );
            for (const { id, nodes } of violations) {
              found.push(...nodes.map((node) => `${name}: ${id}: ${node.html.slice(0, 160)} ${node.any.map(({ message }) => message).join('; ')}`));
            }
          }
        },
        { colorScheme },
      );
      assert.deepEqual(found, []);
    });
  }
}

// Every view, in both themes and two languages (English, and Greek for its long words and other letters), against the
// rules of axe-core for WCAG 2.2 AA and good practice.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test, visit } from './harness.mjs';
import { VIEWS } from './views.mjs';

const require = createRequire(new URL('../../web/package.json', import.meta.url));
const axe = require.resolve('axe-core/axe.min.js');
const languages = ['en', 'el'];

for (const colorScheme of ['light', 'dark']) {
  for (const lang of languages) {
    test(`nothing stands in the way of a reader: ${colorScheme}, ${lang}`, async () => {
      const found = [];
      await visit(
        `?lang=${lang}`,
        async (page) => {
          const start = page.url().split('?')[0];
          for (const { name, path, shows, click, next, viewport = { width: 1280, height: 800 } } of VIEWS) {
            await page.setViewportSize(viewport);
            await page.goto(`${start}${path}&lang=${lang}`);
            await page.locator(shows).first().waitFor();
            await page.waitForFunction((wanted) => document.documentElement.lang === wanted, lang);
            if (click) await page.locator(click).click();
            await page.locator('.maplibregl-canvas').first().waitFor();
            if (next) await page.locator(next).click();
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

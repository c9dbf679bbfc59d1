// Every view, in both themes and two languages (English, and Greek for its long words and other letters), against the
// rules of axe-core for WCAG 2.2 AA and good practice.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test, visit } from './harness.mjs';
import { VIEWS } from './views.mjs';

const require = createRequire(new URL('../../web/package.json', import.meta.url));
const axe = require.resolve('axe-core/axe.min.js');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** What a theme can change: it sets colours and nothing else. */
const COLOUR_RULES = ['color-contrast', 'link-in-text-block'];

async function violations(page, view, runOnly) {
  const options = { runOnly, resultTypes: ['violations'], ...(runOnly === TAGS && { rules: { 'target-size': { enabled: true } } }) };
  const { violations: found } = await page.evaluate((options) => window.axe.run(document, options), options);
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, any }) => `${view}: ${id}: ${html.slice(0, 160)} ${any.map(({ message }) => message).join('; ')}`),
  );
}

/** Each view in light with every rule, then in dark with the rules about colour. */
for (const lang of ['en', 'el']) {
  test(`nothing stands in the way of a reader: ${lang}`, async () => {
    const found = [];
    await visit(`?lang=${lang}`, async (page) => {
      const start = page.url().split('?')[0];
      for (const { name, path, shows, click, next, viewport = { width: 1280, height: 800 } } of VIEWS) {
        await page.emulateMedia({ colorScheme: 'light' });
        await page.setViewportSize(viewport);
        await page.goto(`${start}${path}&lang=${lang}`);
        await page.locator(shows).first().waitFor();
        await page.waitForFunction((wanted) => document.documentElement.lang === wanted, lang);
        if (click) await page.locator(click).click();
        await page.locator('.maplibregl-canvas').first().waitFor();
        if (next) await page.locator(next).click();
        await page.addScriptTag({ path: axe });
        found.push(...(await violations(page, name, TAGS)));
        await page.emulateMedia({ colorScheme: 'dark' });
        await page.waitForFunction(() => matchMedia('(prefers-color-scheme: dark)').matches);
        found.push(...(await violations(page, `${name}, dark`, COLOUR_RULES)));
      }
    });
    assert.deepEqual(found, []);
  });
}

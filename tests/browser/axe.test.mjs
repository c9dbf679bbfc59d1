// Every view, in both themes and two languages (English, and Greek for its long words and other letters), against the
// rules of axe-core for WCAG 2.2 AA and good practice.
import assert from 'node:assert/strict';
import { addAxe, COLOUR_RULES, findViolations } from './accessibility.mjs';
import { test, visit } from './harness.mjs';
import { VIEWS } from './views.mjs';

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
        await addAxe(page);
        found.push(...(await findViolations(page, name)));
        await page.emulateMedia({ colorScheme: 'dark' });
        await page.waitForFunction(() => matchMedia('(prefers-color-scheme: dark)').matches);
        found.push(...(await findViolations(page, `${name}, dark`, COLOUR_RULES)));
      }
    });
    assert.deepEqual(found, []);
  });
}

// Every view of an editor, wide and narrow, in both themes, against the rules of axe-core for WCAG 2.2 AA and good
// practice.
import assert from 'node:assert/strict';
import { addAxe, findViolations } from './accessibility.mjs';
import { ask, ITEMS, REFUSED, signIn, SPOT, square, withOwn } from './editing.mjs';
import { messages, row, test, visit } from './harness.mjs';

/** Wider than its frame is what a person would have to scroll for in two directions. */
const isWide = (page) =>
  page.evaluate(
    () =>
      document.documentElement.scrollWidth > innerWidth ||
      document.getElementById('tab-content').scrollWidth > document.getElementById('tab-content').clientWidth + 1,
  );

const SIZES = { wide: { width: 1280, height: 800 }, narrow: { width: 320, height: 640 } };

for (const [size, viewport] of Object.entries(SIZES)) {
  for (const [colorScheme, lang] of [
    ['light', 'en'],
    ['dark', 'el'],
  ]) {
    test(`nothing stands in the way of an editor: ${size}, ${colorScheme}, ${lang}`, async () => {
      const found = [];
      await visit(
        `?city=celje&lang=${lang}`,
        async (page) => {
          const look = async (view) => {
            found.push(...(await findViolations(page, view)));
            if (await isWide(page)) found.push(`${view}: wider than the screen`);
          };
          await page.locator('.row').first().waitFor();
          await page.waitForFunction((wanted) => document.documentElement.lang === wanted, lang);
          await addAxe(page);
          await page.locator('#sign-in').click();
          await page.locator('dialog[open]').waitFor();
          await look('signing in');
          await page.keyboard.press('Escape');
          await signIn(page);
          await withOwn(page, [{ geometry: square(SPOT), funding: [{ source: 'municipal', amount: 5 }] }], async (id) => {
            await look('list');
            await page.locator('.account > button').click();
            await look('account');
            await page.keyboard.press('Escape');
            await row(page, id).click();
            await page.locator('.moves').waitFor();
            await page.locator('.history summary').click();
            await page.locator('.versions li').first().waitFor();
            await look('detail');
            await page.locator('#edit').click();
            await page.locator('.editor').waitFor();
            await page.evaluate(() => document.querySelectorAll('.editor details').forEach((part) => (part.open = true)));
            await look('editor');
            await page.fill('#field-title', '');
            await page.fill('#field-cost', 'x');
            await page.locator('#save').click();
            await page.locator('#faults').waitFor();
            await look('errors');
            await page.fill('#field-cost', '');
            await page.fill('#field-title', 'Mine');
            await ask(page, 'PATCH', `${ITEMS}/${id}`, { properties: { title: 'Theirs', place: 'Krekov trg' } });
            await page.locator('.editor .hint').waitFor();
            await look('overtaken');
            await page.locator('#save').click();
            await page.locator('.conflict').waitFor();
            await page.locator('.conflict button.primary').click();
            await look('two versions');
            await page.locator('.conflict .actions .button').last().click();
            await page.locator('.editor .way .link').click();
            await page.locator('.detail').waitFor();
            await look('draft left');
            await page.locator('#tab-table').click();
            await page.locator('tbody input[type=checkbox]').first().check();
            await page.locator('.bulk').waitFor();
            found.push(...(await findViolations(page, 'several at once')));
            await page.locator('#tab-plan').click();
            await page.locator('#data').click();
            await page.locator('.thing').first().waitFor();
            await look('other data');
            await page.locator('.thing').first().click();
            await page.locator('.editor').waitFor();
            await look('the form of an area');
            await page.getByRole('button', { name: messages(lang)['place.pick'] }).click();
            await page.locator('#outline option').nth(1).waitFor({ state: 'attached' });
            await look('an outline to pick');
          });
        },
        { viewport, colorScheme, expectErrors: REFUSED },
      );
      assert.deepEqual(found, []);
    });
  }
}

// A plan of 10,000 interventions stays usable: list and table hold only what is in sight. How soon they answer is
// measured by web/scripts/measure.mjs.
import assert from 'node:assert/strict';
import { counted, features, idle, test, visit } from './harness.mjs';

const MANY = 10_000;
/**
 * The demo's interventions again and again, each with its own id and title; what the list does not show is left out.
 */
async function manyInterventions() {
  const few = await features('interventions');
  return Array.from({ length: MANY }, (_, i) => {
    const { geometry, properties } = few[i % few.length];
    const { title, city, status, start, end, cost, functions, objectives, place } = properties;
    return { type: 'Feature', id: `many-${i}`, geometry, properties: { title: `${title} ${i}`, city, status, start, end, cost, functions, objectives, place } };
  });
}

test('of ten thousand interventions list and table hold a piece, and reach all', async () => {
  const body = JSON.stringify({ type: 'FeatureCollection', features: await manyInterventions() });
  await visit(
    '',
    async (page) => {
      await page.locator('.row').first().waitFor();
      await idle(page);
      assert.equal(await page.locator('.card strong').first().textContent(), '10,000');
      await counted(page.locator('.row'), 200);
      await page.locator('.list > .button').click();
      await counted(page.locator('.row'), 400);
      await page.fill('#search', 'park');
      await page.waitForFunction(() => document.querySelector('.card strong').textContent !== '10,000');
      await page.fill('#search', '');
      await page.getByRole('tab', { name: 'Table' }).click();
      const grid = page.getByRole('grid');
      assert.equal(await grid.getAttribute('aria-rowcount'), '10001');
      const held = () => page.locator('tbody tr[data-id]').count();
      assert.ok((await held()) < 60, String(await held()));
      await page.locator('.grid-area thead button').first().focus();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Control+End');
      await page.locator('tr[aria-rowindex="10001"]').waitFor();
      assert.ok((await held()) < 60, String(await held()));
      assert.equal(await page.evaluate(() => document.activeElement.closest('tr').getAttribute('aria-rowindex')), '10001');
      await page.keyboard.press('Control+Home');
      await page.locator('tr[aria-rowindex="2"] :focus').waitFor();
      await page.locator('th .tick, th label').first().click();
      assert.match(await page.locator('.table-tools > p').textContent(), /10,000 selected/);
    },
    { prepare: (page) => page.route('**/collections/interventions/items*', (route) => route.fulfill({ contentType: 'application/geo+json', body })) },
  );
});

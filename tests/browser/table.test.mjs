// The table: one grid for pointer, keys and listeners; its columns chosen, its rows ticked, its content taken along.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { counted, features, test, visit } from './harness.mjs';

const at = (page) => page.evaluate(() => document.activeElement.closest('[data-cell]')?.dataset.cell);

test('one stop for Tab, arrow keys from cell to cell, Space ticks, Enter opens', () =>
  visit('?city=granada&tab=table', async (page) => {
    await page.locator('tbody tr[data-id]').first().waitFor();
    const stops = await page.locator('.grid-area').evaluate((area) => [...area.querySelectorAll('[tabindex="0"]')].length);
    assert.equal(stops, 1);
    await page.locator('.grid-area [tabindex="0"]').focus();
    assert.equal(await at(page), '-1,0');
    for (const [key, cell] of [
      ['ArrowDown', '0,0'],
      ['ArrowRight', '0,1'],
      ['ArrowDown', '1,1'],
      ['End', '1,7'],
      ['Home', '1,-1'],
      ['ArrowUp', '0,-1'],
      ['ArrowRight', '0,0'],
      ['ArrowRight', '0,1'],
    ]) {
      await page.keyboard.press(key);
      await page.waitForFunction((wanted) => document.activeElement.closest('[data-cell]')?.dataset.cell === wanted, cell);
    }
    await page.keyboard.press('Space');
    await counted(page.locator('tbody tr[aria-selected=true]'), 1);
    await page.keyboard.press('ArrowLeft');
    const title = await page.evaluate(() => document.activeElement.textContent);
    await page.keyboard.press('Enter');
    assert.equal(await page.locator('.detail h1').textContent(), title);
  }));

test('columns are chosen and stay chosen', () =>
  visit('?city=granada&tab=table', async (page) => {
    await page.locator('.column-choice summary').click();
    await page.getByLabel('Sources', { exact: true }).check();
    await page.getByLabel('Status', { exact: true }).first().uncheck();
    const heads = () => page.getByRole('columnheader').allTextContents();
    const after = (await heads()).map((text) => text.trim());
    assert.ok(after.includes('Sources') && !after.includes('Status'), String(after));
    await page.reload();
    await page.locator('tbody tr[data-id]').first().waitFor();
    assert.deepEqual(
      (await heads()).map((text) => text.trim()),
      after,
    );
  }));

test('filters narrow table and map alike, and the file holds the ticked rows in the chosen columns', () =>
  visit('?city=osijek&tab=table', async (page) => {
    await page.locator('tbody tr[data-id]').first().waitFor();
    await page.locator('.more-filters summary').click();
    await page.locator('fieldset', { hasText: 'Functions' }).getByText('Housing').click();
    const housing = (await features('interventions')).filter(({ properties: p }) => p.city === 'osijek' && p.functions?.includes('housing'));
    await counted(page.locator('tbody tr[data-id]'), housing.length);
    await page.locator('.more-filters summary').click();
    await page.locator('tbody .tick label').first().click();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Table (CSV)' }).click()]);
    const lines = readFileSync(await download.path(), 'utf8')
      .trim()
      .split('\r\n');
    assert.equal(lines.length, 2);
    assert.match(lines[0], /Identifier,Title,Status/);
    assert.ok(lines[1].startsWith(`${await page.locator('tr[aria-selected=true]').getAttribute('data-id')},`));
  }));

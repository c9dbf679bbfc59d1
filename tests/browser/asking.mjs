// What the tests of questions share: places to ask about, the server's own answer, and what the page says.
import assert from 'node:assert/strict';
import { base, onPage } from './harness.mjs';
import { request } from './limits.mjs';

export const CORE = 'celje-staro-mestno-jedro';
export const SQUARE = [
  [15.2631, 46.2268],
  [15.2705, 46.2273],
  [15.2701, 46.2302],
  [15.2648, 46.231],
];
export const SHAPE = SQUARE.map((at) => at.join()).join('/');

export async function answer(process, inputs) {
  const response = await request(`${base}api/processes/${process}/execution`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ inputs }),
  });
  assert.equal(response.status, 200, await response.clone().text());
  return response.json();
}

export const value = ({ numbers }, name, group = {}) =>
  numbers.find((one) => one.name === name && JSON.stringify(one.group ?? {}) === JSON.stringify(group))?.value;

export const heading = (page) => page.locator('.outcome h1').textContent();
export const sentence = (page) => page.locator('.outcome .heading p').textContent();
export const cards = (page) => page.locator('.outcome .card strong').allTextContents();
export const answered = (page) => page.locator('.outcome .export').waitFor();
export const ids = (page) => page.locator('.outcome .row').evaluateAll((rows) => rows.map((row) => row.dataset.id).filter(Boolean));
/** Waits until the list is that of an answer: while a shape grows, answers to parts of it are shown. */
export const listed = (page, { features }) =>
  page.waitForFunction(
    (wanted) =>
      [...document.querySelectorAll('.outcome .row')]
        .flatMap(({ dataset }) => dataset.id ?? [])
        .sort()
        .join() === wanted,
    features.features
      .map(({ id }) => id)
      .sort()
      .join(),
  );
export const shapesOnMap = (page) => page.evaluate(() => window.cityheart.map.getStyle().sources.answer.data.features.map(({ properties }) => properties.role));

/** Takes a tool in hand once it is there to draw. */
export async function take(page, name) {
  await page.waitForFunction(() => window.cityheart.map.getSource('td-point'));
  await page.getByRole('button', { name }).click();
}

/** Draws corner by corner with the pointer and closes the outline. */
export async function outline(page, corners) {
  await take(page, 'Outline');
  for (const at of [...corners, corners[0]]) {
    const { x, y } = await onPage(page, at);
    await page.mouse.move(x, y, { steps: 3 });
    await page.mouse.click(x, y);
  }
}

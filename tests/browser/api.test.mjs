// The API's page: with scripts a viewer whose forms send real requests, without them a plain list; nothing comes from
// another host.
import assert from 'node:assert/strict';
import { addAxe } from './accessibility.mjs';
import { server, test, visit } from './harness.mjs';

const PAGE = 'api/openapi?f=html';
const ITEMS = '/collections/interventions/items';

/** Opens the form of an operation of the API definition. */
async function openForm(page, method, path) {
  await page.locator('#api-viewer .opblock-tag').first().waitFor();
  await page.locator('.opblock-tag[data-tag="Features"]').click();
  const form = page.locator(`.opblock-${method}`, { has: page.locator(`[data-path="${path}"]`) });
  await form.locator('.opblock-summary-control').click();
  await form.getByRole('button', { name: 'Try it out' }).click();
  return form;
}

test('a form of the API page sends its request to this server and shows the answer', () =>
  visit(PAGE, async (page) => {
    const form = await openForm(page, 'get', ITEMS);
    assert.equal(await page.locator('#api-operations').isVisible(), false, 'the viewer stands in place of the plain list');
    await form.locator('tr[data-param-name="limit"] input').fill('2');
    const asked = page.waitForResponse((response) => response.url().includes('/api/collections/interventions/items?'));
    await form.getByRole('button', { name: 'Execute' }).click();
    const answer = await asked;
    assert.equal(answer.status(), 200);
    assert.equal(new URL(answer.url()).searchParams.get('limit'), '2');
    assert.equal((await answer.json()).features.length, 2);
    await form.locator('.live-responses-table', { hasText: 'FeatureCollection' }).waitFor();
  }));

test('who is signed in changes the plan from the API page', () =>
  visit(
    PAGE,
    async (page) => {
      const signIn = (who) =>
        fetch('../auth/login', {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-cityheart': '1' },
          body: JSON.stringify(who),
        }).then(async (response) => `${response.status} ${await response.text()}`);
      assert.match(await page.evaluate(signIn, server.who), /^200 /);
      const form = await openForm(page, 'delete', `${ITEMS}/{featureId}`);
      await form.locator('tr[data-param-name="featureId"] input').fill('no-such-feature');
      const asked = page.waitForResponse((response) => response.request().method() === 'DELETE');
      await form.getByRole('button', { name: 'Execute' }).click();
      // Not 403: the session and its header came along.
      assert.equal((await asked).status(), 404);
    },
    { expectErrors: [/status of 404/] },
  ));

test('without scripts the API page lists the operations', () =>
  visit(
    PAGE,
    async (page) => {
      assert.equal(await page.locator('#api-viewer').isVisible(), false);
      await page.getByRole('heading', { name: 'GET /collections/interventions/items', exact: true }).waitFor();
      assert.ok((await page.getByRole('link', { name: 'Open' }).count()) > 5);
    },
    { javaScriptEnabled: false },
  ));

test('the API page is accessible, its forms and answers too', () =>
  visit(
    PAGE,
    async (page) => {
      const form = await openForm(page, 'post', ITEMS);
      await form.getByRole('button', { name: 'Execute' }).click();
      await form.locator('.live-responses-table').waitFor();
      await addAxe(page);
      const { violations } = await page.evaluate(() => window.axe.run());
      // Swagger UI writes a `main` of its own; a role that makes it a group is the smaller fault.
      assert.deepEqual(
        violations.map(({ id }) => id).filter((id) => id !== 'aria-allowed-role'),
        [],
      );
    },
    { bypassCSP: true, expectErrors: [/status of 40[13]/] },
  ));

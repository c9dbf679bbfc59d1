// Who may do what, as the page shows it: five people.
import assert from 'node:assert/strict';
import { ask, ITEMS, REFUSED, signIn, titleOf, withOwn } from './editing.mjs';
import { idle, row, server, test, visit } from './harness.mjs';

const PEOPLE = {
  ana: ['--role', 'editor', '--city', 'celje'],
  ines: ['--role', 'editor', '--city', 'granada'],
  carlo: ['--role', 'contributor', '--city', 'celje'],
  vera: ['--role', 'viewer', '--city', 'celje'],
};
const who = {};
for (const [login, options] of Object.entries(PEOPLE)) who[login] = server.add(login, ...options);

/** Opens the page as somebody; null is a visitor. */
const as = (login, path, steps) =>
  visit(
    path,
    async (page) => {
      await page.locator('.row').first().waitFor();
      if (login) await signIn(page, who[login]);
      await steps(page);
    },
    { expectErrors: REFUSED },
  );

/** While ana has made such interventions in Celje. */
const withAnas = (list, steps) => as('ana', '?city=celje', (page) => withOwn(page, list, (...ids) => steps(...ids, page)));

const open = async (page, id) => {
  await row(page, id).click();
  await page.locator('.detail h1').waitFor();
};

/** Everything by which a plan could be changed from what is read. */
const CONTROLS = '#edit, .moves button, .actions button, .restore';

test('a viewer reads what is internal to their city, and can change nothing', () =>
  withAnas([{ visibility: 'internal' }, {}], (hidden, plain) =>
    as('vera', '?city=celje', async (page) => {
      await row(page, hidden).waitFor();
      assert.ok(await page.locator('#new').isDisabled());
      for (const id of [hidden, plain]) {
        await open(page, id);
        assert.match(await page.locator('.detail .hint').textContent(), /view the plan but not change it/);
        assert.equal(await page.locator(CONTROLS).count(), 0, id);
        await page.locator('.way .link').first().click();
      }
      await page.locator('#tab-table').click();
      await page.locator('.grid-area').waitFor();
      assert.equal((await page.locator('.grid-area input[type=checkbox]').count()) > 0, true, 'rows are ticked to take them along');
      await page.locator('.grid-area tbody input[type=checkbox]').first().check();
      assert.equal(await page.locator('.bulk').count(), 0, 'nothing to change them with');
    }),
  ));

test('what is internal to Celje is not there for others, in no list, count, search, tile or address', () =>
  withAnas([{ visibility: 'internal', geometry: { type: 'Point', coordinates: [15.2735, 46.2352] } }], async (hidden, ana) => {
    for (const login of [null, 'ines']) {
      await as(login, '?city=celje&map=17.00/46.2352/15.2735', async (page) => {
        await idle(page);
        assert.equal(await row(page, hidden).count(), 0);
        const drawn = await page.evaluate(() =>
          window.cityheart.map.querySourceFeatures('plan', { sourceLayer: 'interventions' }).map(({ properties }) => properties.id),
        );
        assert.ok(!drawn.includes(hidden), 'not in the tiles');
        assert.equal((await ask(page, 'GET', `${ITEMS}/${hidden}`)).status, 404);
        await page.fill('#search', titleOf(hidden));
        await page.locator('.nothing').waitFor();
      });
    }
    assert.equal((await ask(ana, 'GET', `${ITEMS}/${hidden}`)).status, 200);
  }));

test('what becomes internal disappears for others at once, and stays for those it is for', () =>
  withAnas([{}], (id, ana) =>
    as('vera', '?city=celje', async (vera) => {
      await row(vera, id).waitFor();
      await as(null, '?city=celje', async (visitor) => {
        await row(visitor, id).waitFor();
        await ask(ana, 'PATCH', `${ITEMS}/${id}`, { properties: { visibility: 'internal', title: `Hidden ${id}` } });
        await row(visitor, id).waitFor({ state: 'detached' });
        await row(vera, id).locator('.title', { hasText: 'Hidden' }).waitFor();
      });
    }),
  ));

test('an editor of Granada finds nothing to change in Celje, and all of it in Granada', () =>
  withAnas([{}], (foreign) =>
    as('ines', '?city=celje', async (page) => {
      await open(page, foreign);
      assert.match(await page.locator('.detail .hint').textContent(), /Granada/);
      assert.equal(await page.locator('#edit, .moves button, .actions .danger').count(), 0);
      assert.deepEqual(await page.locator('.actions button').allTextContents(), ['Reuse as an idea']);
      await page.locator('.history summary').click();
      await page.locator('.history li').first().waitFor();
      assert.equal(await page.locator('.history button', { hasText: 'Restore' }).count(), 0);
      await page.selectOption('#city', 'granada');
      await page.locator('.row').first().click();
      await page.locator('#edit').waitFor();
      await page.locator('.way .link').first().click();
      await page.locator('#new').click();
      await page.locator('.editor').waitFor();
      assert.equal(await page.locator('#field-city').inputValue(), 'granada');
      const cities = await page.locator('#field-city option:not([disabled])').evaluateAll((all) => all.map(({ value }) => value).filter(Boolean));
      assert.deepEqual(cities, ['granada']);
    }),
  ));

test('a contributor adds, changes what they made, and nothing else', () =>
  withAnas([{ status: 'idea' }], (foreign) =>
    as('carlo', '?city=celje', (page) =>
      withOwn(page, [{ status: 'idea' }], async (own) => {
        await open(page, own);
        await page.locator('#edit').waitFor();
        assert.ok((await page.locator('.moves button').count()) > 0);
        await page.locator('#edit').click();
        await page.fill('#field-title', `Mine ${own}`);
        await page.locator('#save').click();
        await page.locator('.detail h1', { hasText: 'Mine' }).waitFor();
        await page.locator('.way .link').first().click();
        await open(page, foreign);
        await page.locator('.detail .hint').waitFor();
        assert.match(await page.locator('.detail .hint').textContent(), /only what you added/);
        assert.equal(await page.locator(CONTROLS).count(), 0);
        assert.equal((await ask(page, 'PATCH', `${ITEMS}/${foreign}`, { properties: { title: 'taken' } })).status, 403);
        await page.fill('#search', 'Test celje-test');
        await page.locator('#tab-table').click();
        await page.locator('.grid-area tbody input[type=checkbox]').nth(1).waitFor();
        await page.locator('thead input[type=checkbox]').check();
        await page.selectOption('#bulk-field', 'lead');
        await page.fill('.bulk #field-lead', 'Carlo');
        await page.locator('.bulk .note').waitFor();
        await page.locator('.bulk button.primary', { hasText: /1/ }).waitFor();
      }),
    ),
  ));

// Without a connection the page opens as it was last known, and nothing of it outlives who may see it or the build it
// is of.
import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ask, CUT, eventually, ITEMS, REFUSED, signIn, titleOf, withOwn } from './editing.mjs';
import { counted, idle, row, server, test, visit } from './harness.mjs';
import { start, stop } from './servers.mjs';

const GONE = [
  ...CUT,
  /ERR_CONNECTION_REFUSED/,
  /ERR_INCOMPLETE_CHUNKED_ENCODING/,
  /ERR_EMPTY_RESPONSE/,
  /ERR_CONNECTION_RESET/,
  /ERR_FAILED/,
  /Failed to fetch/,
];
const CELJE = '?city=celje';

const opened = (path, steps, options = {}) =>
  visit(
    path,
    async (page) => {
      await page.locator('.row').first().waitFor();
      await steps(page);
    },
    { serviceWorkers: 'allow', expectErrors: GONE, ...options },
  );

/** Everything that the browser keeps for this page: addresses and texts, by cache. */
const keptIn = (page) =>
  page.evaluate(async () => {
    const all = {};
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      all[name.split(' ').slice(2).join(' ')] = await Promise.all(
        (await cache.keys()).map(async (request) => ({
          path: request.url.replace(document.baseURI.replace(/\?.*/, ''), ''),
          text: await (await cache.match(request, { ignoreVary: true })).text(),
        })),
      );
    }
    return all;
  });

const PLAN = [
  'api/vocabularies',
  'api/collections?',
  ...['partners', 'cities', 'areas', 'interventions', 'indicators'].map((id) => `api/collections/${id}/items`),
];

/** Settles when the page could open without its server. */
const whole = (page, asker) =>
  eventually(
    () => keptIn(page),
    (kept) => kept.files?.some(({ path }) => path === '') && PLAN.every((start) => kept[`plan ${asker}`]?.some(({ path }) => path.startsWith(start))),
    'the page is kept',
  );

const proposed = (text, id) =>
  text.startsWith('{"type":"FeatureCollection"') && JSON.parse(text).features.some((one) => one.id === id && one.properties.status === 'proposed');

const asOf = (page) => page.locator('.as-of');

/**
 * Leaves something to do and a draft, opens the page without the server, goes on, and finds it all on the server when
 * that is back.
 */
const worksThrough = (cut, mend) =>
  opened(CELJE, async (page) => {
    await signIn(page);
    await withOwn(page, [{}, {}], async (one, two) => {
      await row(page, two).click();
      await page.locator('.move', { hasText: 'Proposed' }).click();
      await eventually(
        () => keptIn(page),
        (kept) => kept['plan account']?.some(({ text }) => proposed(text, two)),
        'what is saved is kept',
      );
      await page.locator('.way .link').first().click();
      await row(page, one).click();
      await page.locator('#edit').click();
      await page.fill('#field-title', 'Half a thought');
      await page.getByRole('button', { name: 'Go back and keep the draft' }).click();
      await page.locator('.way .link').first().click();
      await whole(page, 'account');
      await eventually(
        () => keptIn(page),
        ({ files }) => files.some(({ path }) => path.includes('/terra-')),
        'an editor has all of the program',
      );
      assert.equal(await asOf(page).count(), 0);
      await cut(page);
      await page.reload();
      await asOf(page).waitFor();
      assert.match(await asOf(page).textContent(), /^No connection\. This is the plan as of \w+ \d+, \d{4}, \d\d:\d\d\.$/);
      await row(page, two).waitFor();
      await page.locator('.button.print').click();
      assert.match(await page.locator('.paper .as-of').textContent(), /^No connection\./, 'paper says it, too');
      await page.locator('.print-bar .button').first().click();
      await page.locator('.workbar .hint .link', { hasText: 'Half a thought' }).click();
      assert.equal(await page.inputValue('#field-title'), 'Half a thought');
      await page.fill('#field-title', 'A whole thought');
      await page.locator('#save').click();
      await page.locator('.workbar .hint', { hasText: 'A whole thought' }).waitFor();
      await mend(page);
      await asOf(page).waitFor({ state: 'detached' });
      await page.locator('.workbar .hint').waitFor({ state: 'detached' });
      const stored = await ask(page, 'GET', `${ITEMS}/${one}?f=json`);
      assert.equal(stored.json.properties.title, 'A whole thought');
      const other = await ask(page, 'GET', `${ITEMS}/${two}?f=json`);
      assert.equal(other.json.properties.title, titleOf(two));
      await page.reload();
      await page.locator('.workbar').waitFor();
      assert.equal(await asOf(page).count(), 0);
      assert.match(await page.locator('.detail h1').textContent(), /A whole thought/);
    });
  });

test('without a connection the page opens with the plan and the drafts, and what is saved is sent when it is back', () =>
  worksThrough(
    (page) => page.context().setOffline(true),
    (page) => page.context().setOffline(false),
  ));

test('so it does when the server has stopped', async () => {
  try {
    await worksThrough(server.stop, server.start);
  } finally {
    await server.start();
  }
});

test('a visitor without a connection finds the list and the tiles they saw, and is told the date in their language', () =>
  opened(`${CELJE}&lang=sl`, async (page) => {
    await whole(page, 'visitor');
    await page.reload();
    await idle(page);
    const count = await page.locator('.row').count();
    await eventually(
      () => keptIn(page),
      (kept) => kept['tile visitor']?.length > 3,
      'tiles are kept',
    );
    await page.context().setOffline(true);
    await page.reload();
    await asOf(page).waitFor();
    assert.match(await asOf(page).textContent(), /^Ni povezave\. Prikazan je načrt, kakršen je bil/);
    await counted(page.locator('.row'), count);
    await idle(page);
    await page.getByRole('tab').nth(1).click();
    await page.locator('.notice', { hasText: 'Strežnik' }).waitFor();
    await page.getByRole('tab').first().click();
    await page.locator('.button.print').click();
    await page.locator('.notice .button').first().click();
    await page.locator('.row').first().waitFor();
    await idle(page);
    assert.ok(
      await page.evaluate(() => window.cityheart.map.queryRenderedFeatures().some(({ sourceLayer }) => sourceLayer === 'interventions')),
      'the map is drawn',
    );
    await page.context().setOffline(false);
    await asOf(page).waitFor({ state: 'detached' });
  }));

/** Where the title of something internal is kept, once the caches of `asker` are full. */
async function heldOf(page, title, asker) {
  const kept = await whole(page, asker);
  return Object.entries(kept).flatMap(([cache, all]) => all.filter(({ text }) => text.includes(title)).map(({ path }) => `${cache}: ${path}`));
}

test('nothing of what only the signed-in may see is kept after they sign out, or after their session has ended', () =>
  opened(CELJE, async (page) => {
    for (const leave of ['sign out', 'session over']) {
      await signIn(page);
      const title = `Not for everybody ${Date.now()}`;
      await withOwn(page, [{ title, visibility: 'internal' }], async (id) => {
        await page.reload();
        await row(page, id).waitFor();
        await idle(page);
        const held = await eventually(
          () => heldOf(page, title, 'account'),
          (all) => all.length > 0,
          'it is kept for who may see it',
        );
        assert.ok(
          held.every((where) => / account: /.test(where)),
          held.join(),
        );
        const cookies = await page.context().cookies();
        if (leave === 'sign out') {
          await page.locator('.account > button').click();
          await page.getByRole('button', { name: 'Sign out' }).click();
          await page.locator('#sign-in').waitFor();
        } else {
          await page.context().clearCookies();
          await page.reload();
          await page.locator('#sign-in').waitFor();
        }
        await row(page, id).waitFor({ state: 'detached' });
        assert.deepEqual(
          await eventually(
            () => heldOf(page, title, 'visitor'),
            (all) => !all.length,
            'it goes',
          ),
          [],
        );
        assert.deepEqual(
          Object.keys(await keptIn(page)).filter((cache) => cache.endsWith('account')),
          [],
        );
        await page.context().setOffline(true);
        await page.reload();
        await asOf(page).waitFor();
        assert.equal(await page.locator('#sign-in').count(), 1, 'nobody is signed in');
        assert.equal(await row(page, id).count(), 0);
        await page.context().setOffline(false);
        await asOf(page).waitFor({ state: 'detached' });
        // Who made it takes it away.
        if (leave === 'sign out') await signIn(page);
        else await page.context().addCookies(cookies);
      });
      await page.reload();
      await page.locator('.workbar').waitFor();
      await page.locator('.account > button').click();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.locator('#sign-in').waitFor();
    }
  }));

test('a new build is there at the next opening, and takes the place of the one that was kept', async () => {
  const web = join(server.folder, 'web');
  cpSync(fileURLToPath(new URL('../../web/dist/', import.meta.url)), web, { recursive: true, filter: (path) => !path.endsWith('.br') });
  const entry = /assets\/(index-[\w-]+)\.js/.exec(readFileSync(join(web, 'index.html'), 'utf8'))[1];
  const args = ['serve', server.plan, '--listen', '127.0.0.1:0', '--web', web];
  const other = await start(args);
  try {
    await opened(
      CELJE,
      async (page) => {
        const before = (await whole(page, 'visitor')).files.map(({ path }) => path);
        assert.ok(before.includes(`assets/${entry}.js`));
        build(web, entry, 'index-second');
        await page.reload();
        assert.equal(await page.evaluate(() => document.documentElement.dataset.build), 'index-second', 'at once');
        await eventually(
          () => keptIn(page),
          ({ files }) => files.some(({ path, text }) => path === '' && text.includes('index-second')),
          'the new page is kept',
        );
        const kept = (await keptIn(page)).files.map(({ path }) => path);
        assert.ok(kept.includes('assets/index-second.js'));
        assert.ok(!kept.includes(`assets/${entry}.js`), 'the old one is gone');
        await page.context().setOffline(true);
        await page.reload();
        await asOf(page).waitFor();
        assert.equal(await page.evaluate(() => document.documentElement.dataset.build), 'index-second');
        await page.locator('.row').first().waitFor();
      },
      { at: other.at },
    );
  } finally {
    await stop(other);
  }
});

/** The same program under another name, as a build with a change in it would be; it says on the page which it is. */
function build(web, was, name) {
  for (const path of readdirSync(web, { recursive: true, encoding: 'utf8' }).filter((path) => /^(index\.html|service-worker\.js|assets\/.*\.js)$/.test(path))) {
    const text = readFileSync(join(web, path), 'utf8');
    const now = text.replaceAll(`${was}.js`, `${name}.js`);
    if (now !== text) writeFileSync(join(web, path), now);
  }
  const old = join(web, 'assets', `${was}.js`);
  writeFileSync(join(web, 'assets', `${name}.js`), `${readFileSync(old, 'utf8')}\ndocument.documentElement.dataset.build = '${name}';`);
  rmSync(old);
}

test('whoever runs no service worker has the page as before', () =>
  opened(
    CELJE,
    async (page) => {
      await idle(page);
      assert.deepEqual(await keptIn(page), {});
    },
    { serviceWorkers: 'block', expectErrors: REFUSED },
  ));

// The first visit: what it loads, and that nothing which changes meanwhile is missed.
import assert from 'node:assert/strict';
import { signIn, withOwn } from './editing.mjs';
import { base, idle, row, test, visit } from './harness.mjs';

/** What a first visit may weigh before the map's data, in kilobytes over the wire. */
const MOST_KB = 415;

test('a first visit is light', () => {
  const urls = new Map();
  const loaded = [];
  return visit(
    '',
    async (page) => {
      await page.locator('.row').first().waitFor();
      await idle(page);
      const style = await page
        .locator('.button.print')
        .evaluate((button) => getComputedStyle(button).borderTopWidth + getComputedStyle(document.querySelector('#tab-plan')).paddingInlineStart);
      assert.ok(!style.startsWith('0px') || !style.endsWith('0px'), 'the layers of the stylesheets are in their order');
      const own = loaded.filter(({ path }) => !/^(api|tiles|auth)\//.test(path));
      const kilobytes = own.reduce((sum, { bytes }) => sum + bytes, 0) / 1000;
      assert.ok(
        own.some(({ path }) => /map-.*\.js$/.test(path)),
        'the map is among what was loaded',
      );
      const list = own.toSorted((a, b) => b.bytes - a.bytes).map(({ path, bytes }) => `${(bytes / 1000).toFixed(1)} ${path}`);
      assert.ok(kilobytes <= MOST_KB, `${kilobytes.toFixed(0)} kB:\n${list.join('\n')}`);
    },
    {
      prepare: async (page) => {
        const cdp = await page.context().newCDPSession(page);
        cdp.on('Network.requestWillBeSent', ({ requestId, request }) => urls.set(requestId, request.url));
        cdp.on('Network.loadingFinished', ({ requestId, encodedDataLength: bytes }) =>
          loaded.push({ path: (urls.get(requestId) ?? '').replace(base, ''), bytes }),
        );
        await cdp.send('Network.enable');
      },
    },
  );
});

test('the plan is read once, and what changes before the page listens is seen', () => {
  const asked = [];
  let listen;
  const listening = new Promise((settle) => (listen = settle));
  return visit(
    '?city=celje',
    async (page) => {
      await page.locator('.row').first().waitFor();
      const other = await page.context().newPage();
      await other.goto(`${base}?city=celje`);
      await other.locator('.row').first().waitFor();
      await signIn(other);
      await withOwn(other, [{ title: 'Made between' }], async (id) => {
        assert.equal(await row(page, id).count(), 0, 'not heard yet');
        listen();
        await row(page, id).waitFor();
      });
      assert.deepEqual([...new Set(asked)].toSorted(), asked.toSorted(), 'nothing is read twice');
    },
    {
      prepare: async (page) => {
        page.on('request', (request) => /collections\/\w+\/items/.test(request.url()) && asked.push(request.url()));
        await page.route('**/api/events*', async (route) => {
          await listening;
          await route.continue();
        });
      },
    },
  );
});

test('a plan that was read before a change does not undo what has been heard since', () => {
  let release;
  return visit('?city=celje', async (page) => {
    await page.locator('.row').first().waitFor();
    const released = new Promise((settle) => (release = settle));
    // Who signs in reads the plan anew; this answer is given, and comes late. One title in it tells when it has come.
    await page.route('**/collections/interventions/items?limit*', async (route) => {
      const answer = await route.fetch();
      const body = await answer.json();
      body.features.find(({ properties }) => properties.city === 'celje').properties.title_en = 'Read before';
      await released;
      await route.fulfill({ response: answer, json: body });
    });
    const asked = page.waitForRequest(/collections\/interventions\/items\?limit/);
    await signIn(page);
    await asked;
    await withOwn(page, [{ title: 'Heard since' }], async (id) => {
      release();
      await page.locator('.row', { hasText: 'Read before' }).waitFor();
      assert.equal(await row(page, id).count(), 1);
    });
  });
});

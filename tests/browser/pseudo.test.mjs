// A language that nobody speaks, half as long again as English: what is cut off in it would be cut off in one that is
// spoken.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test, visit } from './harness.mjs';
import { VIEWS } from './views.mjs';

const folder = (language) => new URL(`../../web/src/locales/${language}/`, import.meta.url);
const read = (language, file) => JSON.parse(readFileSync(new URL(file, folder(language)), 'utf8'));
/** Each file in English, and plain words by which the Dutch one is known. */
const parts = readdirSync(folder('en')).map((file) => ({
  english: read('en', file),
  dutch: Object.values(read('nl', file)).filter((text) => /^[\w ,.]{12,}$/.test(text)),
}));

const ACCENTS = { a: 'å', e: 'ë', i: 'î', o: 'ø', u: 'ü', n: 'ñ', s: 'š', c: 'ç', A: 'Å', E: 'Ë', O: 'Ø', S: 'Š' };

/** "⟦Šhårë zzz⟧": every message between brackets, its placeholders as they were, half as long again. */
function pseudo(message) {
  const text = message.replace(/\{\{\w+\}\}|[a-zA-Z]/g, (match) => ACCENTS[match] ?? match);
  const words = message.replace(/\{\{\w+\}\}/g, '').length;
  return `⟦${text}${' zzz'.repeat(Math.ceil(words / 8))}⟧`;
}

/** Dutch is fetched when it is chosen, and has the plural forms of English: its files are replaced on the way. */
async function speakPseudo(page) {
  await page.route('**/assets/*.js', async (route) => {
    const response = await route.fetch();
    const body = await response.text();
    const part = parts.find(({ dutch }) => dutch.length && dutch.every((text) => body.includes(text)));
    if (!part) return route.fulfill({ response, body });
    const messages = Object.fromEntries(Object.entries(part.english).map(([key, text]) => [key, pseudo(text)]));
    return route.fulfill({ contentType: 'text/javascript', body: `export default ${JSON.stringify(messages)}` });
  });
}

/** Messages of which a part lies outside the page, or outside an ancestor that cuts off what does not fit. */
const clipped = (page) =>
  page.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT, (node) =>
      node.textContent.includes('⟦') || node.textContent.includes('⟧') ? NodeFilter.FILTER_ACCEPT : NodeFilter.FILTER_SKIP,
    );
    const found = [];
    const range = document.createRange();
    while (walker.nextNode()) {
      const own = walker.currentNode.parentElement;
      if (own.closest('select, .unseen, [hidden], .skip') || !own.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
      range.selectNodeContents(walker.currentNode);
      const text = range.getBoundingClientRect();
      if (!text.width) continue;
      const edge = own.closest('.button, .way-choice, .move')?.getBoundingClientRect();
      if (edge && (text.left < edge.left + 4 || text.right > edge.right - 4))
        found.push(`touches its border: ${own.className}: ${walker.currentNode.textContent.trim().slice(0, 60)}`);
      let scrolls = false;
      for (let at = own; at && at !== document.documentElement; at = at.parentElement) {
        const { overflowX, overflowY, position } = getComputedStyle(at);
        const box = at.getBoundingClientRect();
        scrolls ||= /auto|scroll/.test(overflowX) && at.scrollWidth > at.clientWidth + 1 && at.matches('.scroll, .grid-area');
        const cutsAcross = !scrolls && overflowX !== 'visible' && (text.right > box.right + 1 || text.left < box.left - 1);
        const cutsDown = /hidden|clip/.test(overflowY) && !at.matches('.map-area, .panel, .page') && (text.bottom > box.bottom + 1 || text.top < box.top - 1);
        if (cutsAcross || cutsDown) found.push(`${at.className || at.tagName}: ${walker.currentNode.textContent.trim().slice(0, 60)}`);
        if (cutsAcross || cutsDown || position === 'fixed') break;
      }
      if (!scrolls && (text.right > innerWidth + 1 || text.left < -1)) found.push(`page: ${walker.currentNode.textContent.trim().slice(0, 60)}`);
    }
    return [...new Set(found)];
  });

/** Those with the most words in the least space. */
const NAMES = ['Europe', 'filters', 'legend', 'a month', 'detail', 'table', 'timeline', 'money', 'share', 'keys', 'two maps', 'paper', 'nothing found'];
const TIGHT = VIEWS.filter(({ name }) => NAMES.includes(name));

for (const [width, height] of [
  [1280, 800],
  [768, 1024],
  [390, 844],
  [320, 640],
]) {
  test(`long words are whole at ${width} pixels`, () =>
    visit(
      '?lang=nl',
      async (page) => {
        const found = [];
        const start = page.url().split('?')[0];
        for (const { name, path, shows, click } of TIGHT) {
          await page.goto(`${start}${path}&lang=nl`);
          await page.waitForFunction(() => document.documentElement.lang === 'nl');
          await page.locator(shows).first().waitFor();
          await page.waitForFunction(() => document.body.textContent.includes('⟦'));
          if (click) await page.locator(click).first().click();
          found.push(...(await clipped(page)).map((text) => `${name}: ${text}`));
          if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/pseudo-${width}-${name.replace(' ', '-')}.png` });
        }
        await page.unrouteAll({ behavior: 'ignoreErrors' });
        assert.deepEqual(found, []);
      },
      { viewport: { width, height }, prepare: speakPseudo },
    ));
}

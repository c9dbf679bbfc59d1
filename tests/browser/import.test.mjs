// A table brought in by an editor: dropped or chosen, asked about, looked at, saved as one change, undone; by keyboard,
// on a phone; and what is cancelled leaves nothing.
import assert from 'node:assert/strict';
import { addAxe, findViolations } from './accessibility.mjs';
import { ask, eventually, ITEMS, REFUSED, signIn, stored, withOwn } from './editing.mjs';
import { messages, test, visit } from './harness.mjs';
import { workbook } from './workbook.mjs';

const NAME = 'IAP akcije 2026.xlsx';
const NARROW = { width: 390, height: 844 };

/**
 * The action table of an officer: a title above, merged headings, thousands with a point, places in the national grid.
 * Its first row is the intervention with this code; the next one is new; the last amount is none.
 */
const table = (code, made = `N-${code}`) =>
  workbook(
    'Akcije',
    {
      1: ['Izvedbeni akcijski načrt 2026'],
      3: ['', 'Akcija', '', 'Obdobje', '', 'Finance', 'Lokacija', ''],
      4: ['Šifra', 'Naziv', 'Stanje', 'Začetek', 'Konec', 'Vrednost', 'E', 'N'],
      5: [code, `Test ${code}`, 'ideja', '2027', '2028', '12.000', '520402', '121084'],
      6: [made, 'Nova klop', 'ideja', '2027', '2027', '30.000', '520549', '120884'],
      7: [`R-${code}`, 'Večerno odprtje', 'ideja', '2027', '2027', 'cca 150 tisoč', '520425', '121173'],
    },
    ['B3:C3', 'D3:E3', 'G3:H3'],
  );

let count = 0;
const freshCode = () => `T-${process.pid}-${++count}`;

async function drop(page, name, bytes) {
  const data = await page.evaluateHandle(
    ([name, base64]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0))], name));
      return transfer;
    },
    [name, Buffer.from(bytes).toString('base64')],
  );
  await page.dispatchEvent('#panel', 'dragover', { dataTransfer: data });
  await page.locator('.drop-target').waitFor();
  await page.dispatchEvent('#panel', 'drop', { dataTransfer: data });
}

const choose = (page, name, bytes) =>
  page.locator('.workbar input[type=file]').setInputFiles({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(bytes) });

/** Signs in, and makes the intervention that the table changes. */
const withTable = (page, steps) => {
  const code = freshCode();
  return withOwn(page, [{ code, cost: 5 }], (id) => steps({ id, code, made: `N-${code}` }));
};

/** Settles when the service has read the file and no answer is on its way. */
async function read(page) {
  await page.locator('.import .questions').waitFor();
  await settled(page);
}
const settled = (page) => page.waitForFunction(() => document.querySelector('.import-body')?.getAttribute('aria-busy') === 'false');

/** Says what no column says: the first value of each field that has no guess. */
async function fillMissing(page) {
  for (let i = 0; i < 12; i++) {
    const open = page.locator('.question').filter({ has: page.locator('.fault') });
    if ((await open.count()) === 0) return;
    const select = open.first().locator('select');
    if (await select.count()) await select.first().selectOption({ index: 1 });
    else await open.first().locator('input[type=radio]').first().check();
    await settled(page);
  }
}

const counts = (page) => page.locator('.outcome-counts').textContent();
/** The interventions with a code, as the editor sees them: new ones are internal unless somebody says otherwise. */
const made = async (page, code) => (await ask(page, 'GET', `${ITEMS}?code=${encodeURIComponent(code)}`)).json.features;
const listed = async (page) => (await ask(page, 'GET', 'api/imports')).json.imports;
/** Whether something reaches beyond the page, or beyond the questions. */
const isWide = (page) =>
  page.evaluate(() => {
    const reaches = ({ scrollWidth, clientWidth }) => scrollWidth > clientWidth + 1;
    return [document.documentElement, ...document.querySelectorAll('.questions')].some(reaches);
  });

test('a dropped workbook is asked about, looked at, saved as one change and undone', () =>
  visit('?city=celje', async (page) => {
    await page.locator('.row').first().waitFor();
    await signIn(page);
    await withTable(page, async ({ id, code, made: fresh }) => {
      await drop(page, NAME, table(code));
      await read(page);
      assert.equal(await page.locator('h1').textContent(), 'Bring in a table');
      assert.match(await page.locator('.file-card').textContent(), /IAP akcije 2026\.xlsx.*sent to this service.*forgets it/s);
      assert.match(await page.locator('.facts').textContent(), /Akcije.*rows 3–4/s);
      assert.ok(await page.locator('.file-headings th', { hasText: 'Vrednost' }).isVisible());
      assert.equal(await page.getByLabel('Field for column F, Vrednost').inputValue(), 'cost');
      assert.ok((await page.locator('.question').count()) <= 3, 'at most three questions');
      assert.match(await page.locator('.facts').textContent(), /CityCelje, in all rows/);

      await page.locator('[data-question="decimal"] input').first().check();
      await settled(page);
      assert.ok(await page.locator('[data-question="decimal"] input').first().isChecked(), 'an answered question stays');
      await fillMissing(page);
      assert.match(await page.locator('.finding').textContent(), /Sheet Akcije, cell F7:/);
      assert.ok((await page.locator('.finding .link').count()) >= 2, 'a refusal offers two ways on');
      assert.match(await counts(page), /1 changed\s*1 new\s*0 removed\s*1 row needs a look/);
      const change = page.locator(`.change[data-feature="${id}"]`);
      assert.match(await change.textContent(), /Cost €5 → €12,000/);
      assert.match(await page.locator('.commit-bar').textContent(), /Nothing is saved yet\. 1 row stays out/);
      await page.locator('.outcome-map canvas').waitFor();
      assert.equal((await stored(id)).properties.cost, 5, 'nothing is saved before the button');
      assert.deepEqual(await made(page, fresh), []);

      assert.match(await page.locator('.facts').textContent(), /Visible toThe city only, in all rows/);

      await page.locator('#import-save').click();
      await page.locator('.toast').waitFor();
      assert.match(await page.locator('.toast').textContent(), /Import of IAP akcije 2026\.xlsx\s*1 changed, 1 new/);
      assert.equal((await stored(id)).properties.cost, 12000);
      assert.equal((await made(page, fresh)).length, 1);
      assert.deepEqual(await listed(page), [], 'the service has forgotten the file');
      await page.locator('.row', { hasText: 'Nova klop' }).waitFor();

      await page.locator('#undo-import').click();
      await eventually(
        async () => (await stored(id)).properties.cost,
        (cost) => cost === 5,
        'one undo takes the changed value back',
      );
      assert.deepEqual(await made(page, fresh), [], 'and the new intervention');
      await page.locator('.toast').waitFor({ state: 'detached' });
    });
  }));

test('one cell is corrected, one column left out, and each can be taken back', () =>
  visit('?city=celje', async (page) => {
    await page.locator('.row').first().waitFor();
    await signIn(page);
    await withTable(page, async ({ code }) => {
      await choose(page, NAME, table(code));
      await read(page);
      await fillMissing(page);
      const remedy = page.locator('.finding .remedies .link', { hasText: 'Leave it unknown' });
      await remedy.click();
      await settled(page);
      await page.locator('.corrected li', { hasText: 'F7' }).waitFor();
      assert.match(await counts(page), /1 changed\s*2 new/);
      await page.locator('.corrected .link').click();
      await remedy.waitFor();
      assert.match(await counts(page), /1 new\s*0 removed\s*1 row needs a look/);

      const field = page.getByLabel('Field for column F, Vrednost');
      await field.selectOption('');
      await settled(page);
      assert.match(await counts(page), /2 new/);
      assert.match(await page.locator('.targets').textContent(), /left out/);
      await field.selectOption('cost');
      await settled(page);
      await remedy.waitFor();
      await page.locator('#import-cancel').click();
      await page.locator('.workbar').waitFor();
      assert.ok(await page.locator('#bring-in').evaluate((button) => button === document.activeElement), 'the focus returns');
      await eventually(
        () => listed(page),
        (all) => all.length === 0,
        'the service forgets what was cancelled',
      );
    });
  }));

test('the next file with the same headings is read with the same answers, until they are forgotten', () =>
  visit('?city=celje', async (page) => {
    await page.locator('.row').first().waitFor();
    await signIn(page);
    await withTable(page, async ({ id, code }) => {
      await choose(page, NAME, table(code));
      await read(page);
      await page.locator('[data-question="decimal"] input').first().check();
      await fillMissing(page);
      const [download] = await Promise.all([page.waitForEvent('download'), page.locator('#recipe').click()]);
      const file = JSON.parse(await streamText(await download.createReadStream()));
      assert.equal(file.cityheart_recipe, 1);
      assert.equal(file.decimal, 'comma');
      await page.locator('#import-save').click();
      await page.locator('#undo-import').click();
      await eventually(
        async () => (await stored(id)).properties.cost,
        (cost) => cost === 5,
        'undone',
      );

      await choose(page, 'IAP akcije 2027.xlsx', table(code));
      await page.locator('.file .hint').waitFor();
      assert.match(await page.locator('.file .hint').textContent(), /your answers to IAP akcije 2026\.xlsx/);
      await settled(page);
      assert.match(await counts(page), /1 changed\s*1 new/);
      await page.getByRole('button', { name: 'Forget these answers' }).click();
      await page.locator('.file .hint').waitFor({ state: 'detached' });
      await settled(page);
      assert.equal(await page.evaluate(() => Object.keys(localStorage).filter((name) => name.includes('recipes')).length), 0);
      await page.goBack();
      await page.locator('.workbar').waitFor();
    });
  }));

async function streamText(stream) {
  let text = '';
  for await (const part of stream) text += part;
  return text;
}

test('what somebody else saved in the meantime is told and not overwritten', () =>
  visit(
    '?city=celje',
    async (page) => {
      await page.locator('.row').first().waitFor();
      await signIn(page);
      await withTable(page, async ({ id, code, made: fresh }) => {
        await choose(page, NAME, table(code));
        await read(page);
        await fillMissing(page);
        assert.match(await page.locator(`.change[data-feature="${id}"]`).textContent(), /Cost €5/);
        const { status } = await ask(page, 'PATCH', `${ITEMS}/${id}`, { properties: { cost: 7 } });
        assert.equal(status, 204);
        await page.locator('#import-save').click();
        await page.locator('.import-failure').waitFor();
        assert.match(await page.locator('.import-failure').textContent(), /Somebody else changed the same values|has changed since you looked at it/);
        assert.equal((await stored(id)).properties.cost, 7, 'their value stays');
        assert.deepEqual(await made(page, fresh), [], 'all or nothing');
        await page.locator('#import-cancel').click();
      });
    },
    { expectErrors: REFUSED },
  ));

test('a file that the service has forgotten is sent again, with the answers given so far', () =>
  visit(
    '?city=celje',
    async (page) => {
      await page.locator('.row').first().waitFor();
      await signIn(page);
      await withTable(page, async ({ code }) => {
        await choose(page, NAME, table(code));
        await read(page);
        await page.locator('[data-question="decimal"] input').first().check();
        await settled(page);
        for (const { id } of await listed(page)) assert.equal((await ask(page, 'DELETE', `api/imports/${id}`)).status, 204);
        await page.getByLabel('Field for column F, Vrednost').selectOption('');
        await page.locator('.import-failure').waitFor();
        assert.match(await page.locator('.import-failure').textContent(), /no longer has this file/);
        await page.getByRole('button', { name: 'Send it again' }).click();
        await page.locator('.import-failure').waitFor({ state: 'detached' });
        await read(page);
        assert.equal((await listed(page)).length, 1);
        assert.equal(await page.locator('[data-question="decimal"] .fault').count(), 0, 'the answer is known');
        await page.locator('#import-cancel').click();
      });
    },
    { expectErrors: REFUSED },
  ));

/** Presses Tab until the focus is on what the selector names. */
async function tabTo(page, selector, key = 'Tab') {
  for (let i = 0; i < 120; i++) {
    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector)) return;
    await page.keyboard.press(key);
  }
  assert.fail(`${selector} is not reached by ${key}`);
}

test('a table is brought in by keyboard alone', () =>
  visit('?city=celje', async (page) => {
    await page.locator('.row').first().waitFor();
    await signIn(page);
    await withTable(page, async ({ id, code }) => {
      await tabTo(page, '#bring-in');
      const chooser = page.waitForEvent('filechooser');
      // An answer of the page: by then, the browser listens for its own dialog.
      assert.equal(await page.evaluate(() => document.activeElement.id), 'bring-in');
      await page.keyboard.press('Enter');
      const dialog = await chooser;
      await dialog.setFiles({ name: NAME, mimeType: 'application/octet-stream', buffer: table(code) });
      await read(page);
      await tabTo(page, '[data-question="decimal"] input');
      await page.keyboard.press('ArrowDown');
      await settled(page);
      await page.keyboard.press('ArrowUp');
      await settled(page);
      await fillMissing(page);
      await tabTo(page, '.sheet');
      await page.keyboard.press('ArrowRight');
      await tabTo(page, '.finding .link');
      await tabTo(page, '#import-save');
      await page.keyboard.press('Enter');
      await page.locator('.toast').waitFor();
      assert.equal((await stored(id)).properties.cost, 12000);
      assert.ok(await page.locator('#undo-import').evaluate((button) => button === document.activeElement), 'the focus is on undo');
      await page.keyboard.press('Enter');
      await eventually(
        async () => (await stored(id)).properties.cost,
        (cost) => cost === 5,
        'undone by keyboard',
      );
    });
  }));

test('on a phone the questions come first, and the table scrolls within itself', () =>
  visit(
    '?city=celje',
    async (page) => {
      await page.locator('.row').first().waitFor();
      await signIn(page);
      await withTable(page, async ({ id, code }) => {
        await choose(page, NAME, table(code));
        await read(page);
        await fillMissing(page);
        assert.ok(!(await isWide(page)), 'the page is not wider than the screen');
        const top = async (selector) => (await page.locator(selector).boundingBox()).y;
        assert.ok((await top('.questions')) < (await top('.file')), 'questions first');
        assert.ok((await top('.file')) < (await top('.sheet')));
        const scrolls = await page.locator('.sheet').evaluate((one) => one.scrollWidth > one.clientWidth);
        assert.ok(scrolls, 'the table scrolls within itself');
        const finding = page.locator('.finding');
        await finding.scrollIntoViewIfNeeded();
        const box = await finding.boundingBox();
        assert.ok(box.x >= 0 && box.x + box.width <= NARROW.width, `the refusal is seen whole: ${JSON.stringify(box)}`);
        await page.locator('#import-save').click();
        await page.locator('#undo-import').click();
        await eventually(
          async () => (await stored(id)).properties.cost,
          (cost) => cost === 5,
          'saved and undone',
        );
      });
    },
    { viewport: NARROW },
  ));

test('an upload shows how far it is, and a cancelled one leaves nothing', () =>
  visit(
    '?city=celje',
    async (page) => {
      await page.locator('.row').first().waitFor();
      await signIn(page);
      const cdp = await page.context().newCDPSession(page);
      await cdp.send('Network.enable');
      await cdp.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 200_000 });
      await choose(page, 'large.csv', Buffer.alloc(4_000_000, 'code;title\n'));
      const bar = page.locator('.uploading progress');
      await bar.waitFor();
      await page.waitForFunction(() => document.querySelector('.uploading progress')?.value > 0);
      assert.match(await page.locator('.uploading').textContent(), /of 4 MB \(\d+%\)/);
      await page.locator('#import-cancel').click();
      await page.locator('.workbar').waitFor();
      await cdp.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
      assert.deepEqual(await listed(page), []);
      assert.equal((await page.locator('[role=status]').allTextContents()).join().includes('Cancelled. Nothing was saved'), true);
    },
    { expectErrors: [...REFUSED, /ERR_ABORTED/] },
  ));

test('a drawing is refused with the way to go on, and another file is taken in its place', () =>
  visit(
    '?city=celje',
    async (page) => {
      await page.locator('.row').first().waitFor();
      await signIn(page);
      await withTable(page, async ({ code }) => {
        await choose(page, 'plan.dwg', Buffer.from('AC1032\0\0\0\0\0\0'));
        await page.getByRole('heading', { name: 'This file could not be read' }).waitFor();
        assert.match(await page.locator('.before-import').textContent(), /DXF/);
        await page.locator('.before-import input[type=file]').setInputFiles({ name: NAME, mimeType: 'application/octet-stream', buffer: table(code) });
        await read(page);
        assert.equal(await page.locator('.file-card b').textContent(), NAME);
        await page.locator('#import-cancel').click();
      });
    },
    { expectErrors: [/status of 4\d\d/] },
  ));

test('a reader is not offered to bring anything in', () =>
  visit('?city=celje', async (page) => {
    await page.locator('.row').first().waitFor();
    assert.equal(await page.locator('#bring-in').count(), 0);
    const taken = await page.evaluate(() => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(['a'], 'a.csv'));
      return !document.getElementById('panel').dispatchEvent(new DragEvent('dragover', { dataTransfer: transfer, bubbles: true, cancelable: true }));
    });
    assert.equal(taken, false);
  }));

for (const [colorScheme, lang, viewport] of [
  ['light', 'en', { width: 1280, height: 800 }],
  ['dark', 'el', { width: 320, height: 640 }],
]) {
  test(`nothing stands in the way of somebody who brings in a table: ${colorScheme}, ${lang}, ${viewport.width} px`, async () => {
    const found = [];
    await visit(
      `?city=celje&lang=${lang}`,
      async (page) => {
        const look = async (view) => {
          found.push(...(await findViolations(page, view)));
          if (await isWide(page)) found.push(`${view}: wider than the screen`);
        };
        const said = messages(lang);
        await page.locator('.row').first().waitFor();
        await page.waitForFunction((wanted) => document.documentElement.lang === wanted, lang);
        await addAxe(page);
        await signIn(page);
        await withTable(page, async ({ code }) => {
          await choose(page, 'plan.dwg', Buffer.from('AC1032\0\0\0\0\0\0'));
          await page.getByRole('heading', { name: said['bring.notRead'] }).waitFor();
          await look('a file that is refused');
          await page.locator('.before-import input[type=file]').setInputFiles({ name: NAME, mimeType: 'application/octet-stream', buffer: table(code) });
          await read(page);
          await look('questions and table');
          await page.locator('.fact-way .link').first().click();
          await page.locator('.fact select').waitFor();
          await page.locator('.fact', { hasText: said['fact.headings'] }).locator('.fact-way .link').click();
          await page.locator('#heading-rows').waitFor();
          await page.locator('.other-system summary').click();
          await look('corrections of what was found');
          await fillMissing(page);
          await page.locator('#import-save').click();
          await page.locator('.toast').waitFor();
          await look('saved');
          await page.locator('#undo-import').click();
          await page.locator('.toast').waitFor({ state: 'detached' });
        });
      },
      { viewport, colorScheme, expectErrors: [/status of 4\d\d/] },
    );
    assert.deepEqual(found, []);
  });
}

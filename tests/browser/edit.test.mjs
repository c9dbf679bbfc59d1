// What an editor does, clicked through: each test makes its own interventions and removes them.
import assert from 'node:assert/strict';
import { ask, CUT, eventually, ITEMS, REFUSED, signIn, SPOT, square, stored, titleOf, withOwn } from './editing.mjs';
import { counted, idle, jump, onPage, row, test, visit } from './harness.mjs';

const CELJE = '?city=celje';
const there = `${CELJE}&map=17.00/${SPOT[1] + 0.0003}/${SPOT[0] + 0.0003}`;

/** Opens Celje signed in with own interventions, and one of them read. */
const editing = (list, steps, options = {}) =>
  visit(
    options.path ?? there,
    async (page) => {
      await page.locator('.row').first().waitFor();
      await signIn(page);
      await withOwn(page, list, (...ids) => steps(page, ...ids));
    },
    { expectErrors: REFUSED, ...options },
  );

/** Waits until the server holds an intervention of which `holds` is true. */
const eventuallyStored = (id, holds, what) => eventually(() => stored(id), holds, what);

const open = async (page, id) => {
  await row(page, id).click();
  await page.locator('.detail h1').waitFor();
};

const openEditor = async (page, id) => {
  await open(page, id);
  await page.locator('#edit').click();
  await page.locator('.editor').waitFor();
};

const save = async (page) => {
  await page.locator('#save').click();
  await page.locator('.editor').waitFor({ state: 'detached' });
};

test('a visitor loads nothing of the editor, and is offered nothing that would be refused', () =>
  visit(CELJE, async (page) => {
    await idle(page);
    await page.locator('.row').first().click();
    await page.locator('.detail h1').waitFor();
    assert.equal(await page.locator('#edit, .moves, .workbar').count(), 0);
    const loaded = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name.split('/').pop()));
    assert.deepEqual(
      loaded.filter((name) => /^(edit|terra)-.*\.(js|css)$/.test(name)),
      [],
    );
  }));

test('a wrong password is said at once, the right one opens the session, and it outlives the page', () =>
  visit(
    CELJE,
    async (page) => {
      await page.locator('#sign-in').click();
      await page.fill('#login', 'nobody');
      await page.fill('#password', 'wrong');
      await page.locator('dialog button.primary').click();
      assert.match(await page.locator('dialog [role=alert]').textContent(), /Wrong login or password/);
      assert.equal(await page.evaluate(() => document.activeElement.id), 'login');
      await page.keyboard.press('Escape');
      assert.equal(await page.evaluate(() => document.activeElement.id), 'sign-in');
      await signIn(page);
      await page.reload();
      await page.locator('.workbar').waitFor();
      await page.locator('.account > button').click();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.locator('#sign-in').waitFor();
      assert.equal(await page.locator('.workbar').count(), 0);
    },
    { expectErrors: REFUSED },
  ));

test('fields and corners are changed in place, and everybody gets them', () =>
  editing([{ geometry: square(SPOT) }], async (page, id) => {
    await openEditor(page, id);
    await page.fill('#field-title', `Fountain ${id}`);
    await page.locator('.section summary', { hasText: 'Money' }).click();
    await page.fill('#field-cost', '1 250,5');
    await page.getByRole('button', { name: 'Move corners' }).click();
    await idle(page);
    await page.waitForFunction(() => window.cityheart.map.getStyle().layers.some(({ id }) => id.startsWith('td-')));
    await jump(page, [SPOT[0] + 0.0003, SPOT[1] + 0.0003], 17);
    await idle(page);
    const before = await page.textContent('#place-now');
    const corner = await onPage(page, [SPOT[0] + 0.0006, SPOT[1] + 0.0006]);
    await page.mouse.move(corner.x, corner.y);
    await page.mouse.down();
    await page.mouse.move(corner.x + 30, corner.y - 20, { steps: 6 });
    await page.mouse.move(corner.x + 60, corner.y - 40, { steps: 6 });
    await page.mouse.up();
    await page.waitForFunction((was) => document.querySelector('#place-now').textContent !== was, before);
    await save(page);
    const { properties, geometry } = await stored(id);
    assert.equal(properties.title, `Fountain ${id}`);
    assert.equal(properties.cost, 1250.5);
    const moved = geometry.coordinates[0].filter(([lon]) => lon > SPOT[0] + 0.0007);
    assert.equal(moved.length, 1, JSON.stringify(geometry));
  }));

test('what is wrong is summed up with links, said at the field, and nothing is sent', () =>
  editing([{}], async (page, id) => {
    await openEditor(page, id);
    await page.fill('#field-title', '');
    await page.locator('.section summary', { hasText: 'Money' }).click();
    await page.fill('#field-cost', 'much');
    await page.locator('#save').click();
    await page.locator('#faults').waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.id), 'faults');
    await counted(page.locator('#faults li'), 2);
    await page.locator('#faults a', { hasText: 'Cost' }).click();
    assert.equal(await page.evaluate(() => document.activeElement.id), 'field-cost');
    const described = await page.getAttribute('#field-cost', 'aria-describedby');
    assert.match(await page.locator(`#${described.split(' ').pop()}`).textContent(), /Enter a number/);
    assert.equal((await stored(id)).properties.title, titleOf(id));
  }));

test('a new intervention is drawn corner by corner', () =>
  editing([], async (page) => {
    const title = `Drawn ${Date.now()}`;
    await page.locator('#new').click();
    await page.fill('#field-title', title);
    await page.selectOption('#field-kind', 'study');
    await jump(page, SPOT, 17);
    await page.getByRole('radio', { name: 'Area' }).check();
    await page.locator('.place .tool').first().click();
    await idle(page);
    const corners = square(SPOT).coordinates[0];
    for (const at of [...corners.slice(0, 4), corners[0]]) {
      const { x, y } = await onPage(page, at);
      await page.mouse.move(x, y, { steps: 4 });
      await page.mouse.click(x, y);
    }
    await page.waitForFunction(() => /m²/.test(document.querySelector('#place-now').textContent));
    await save(page);
    const id = new URL(page.url()).searchParams.get('id');
    const { geometry, properties } = await stored(id);
    assert.equal(properties.title, title);
    assert.equal(geometry.type, 'Polygon');
    assert.equal(geometry.coordinates[0].length, 5);
    await ask(page, 'DELETE', `${ITEMS}/${id}`);
  }));

test('a new intervention is placed by typed coordinates, and a mistyped line is named', () =>
  editing([], async (page) => {
    await page.locator('#new').click();
    await page.fill('#field-title', `Typed ${Date.now()}`);
    await page.selectOption('#field-kind', 'study');
    await page.getByRole('radio', { name: 'Line' }).check();
    await page.locator('.place .other-ways summary').click();
    await page.fill('.place textarea', '46.2352, 15.2735\nnowhere');
    await page.locator('.place .typed button').click();
    assert.match(await page.locator('.place .typed [role=alert]').textContent(), /2/);
    await page.fill('.place textarea', '46.2352, 15.2735\n46.2356, 15.2741');
    await page.locator('.place .typed button').click();
    assert.match(await page.textContent('#place-now'), /Line/);
    await save(page);
    const id = new URL(page.url()).searchParams.get('id');
    assert.deepEqual((await stored(id)).geometry, {
      type: 'LineString',
      coordinates: [
        [15.2735, 46.2352],
        [15.2741, 46.2356],
      ],
    });
    await ask(page, 'DELETE', `${ITEMS}/${id}`);
  }));

test('the outline of something that is there can be used', () =>
  editing([{}], async (page, id) => {
    await openEditor(page, id);
    await page.getByRole('button', { name: 'Use an outline' }).click();
    const outline = page.locator('#outline option', { hasText: /./ }).nth(1);
    await outline.waitFor({ state: 'attached' });
    await page.selectOption('#outline', await outline.getAttribute('value'));
    await page.waitForFunction(() => !/no location/.test(document.querySelector('#place-now').textContent));
    await save(page);
    assert.ok((await stored(id)).geometry);
  }));

test('an outline is picked by tapping it on the map, and by keys at the middle of the map', () =>
  editing([{ geometry: square(SPOT) }, {}, {}], async (page, there, tapped, keyed) => {
    const inside = [SPOT[0] + 0.0003, SPOT[1] + 0.0003];
    const ring = (await stored(there)).geometry.coordinates;
    const pick = async (id, act) => {
      await openEditor(page, id);
      await jump(page, inside, 17);
      await page.getByRole('button', { name: 'Use an outline' }).click();
      await page.locator('#outline option').nth(1).waitFor({ state: 'attached' });
      await idle(page);
      await act();
      await page.locator('#place-now', { hasText: 'Area of' }).waitFor();
      await save(page);
      assert.deepEqual((await stored(id)).geometry.coordinates, ring);
      await page.locator('.way .link').first().click();
    };
    await pick(tapped, async () => {
      const { x, y } = await onPage(page, inside);
      await page.mouse.click(x, y);
    });
    await pick(keyed, async () => {
      await page.evaluate(() => window.cityheart.map.getCanvas().focus());
      await page.keyboard.press('Enter');
    });
  }));

test('the status moves in one click, to what may follow only, and is undone and redone', () =>
  editing([{}], async (page, id) => {
    await open(page, id);
    const offered = await page.locator('.moves .move').allTextContents();
    const { json } = await ask(page, 'GET', 'api/vocabularies/status?f=json');
    const concept = (one) => json.concepts.find(({ id }) => id === one);
    assert.deepEqual(
      offered,
      concept('idea').moves.map((one) => concept(one).labels.en),
    );
    const status = async (wanted) => eventuallyStored(id, (one) => one?.properties.status === wanted, `status ${wanted}`);
    await page.locator('.move', { hasText: 'Proposed' }).click();
    await status('proposed');
    assert.match(await page.textContent('.detail .status'), /Proposed/);
    await page.locator('#undo').click();
    await status('idea');
    await page.locator('#redo').click();
    await status('proposed');
    // The server may be ahead of the page: a key counts once the page has its answer.
    await page.locator('#undo[aria-disabled="false"]').waitFor();
    await page.keyboard.press('Control+z');
    await status('idea');
    await page.locator('#redo[aria-disabled="false"]').waitFor();
    await page.keyboard.press('Control+Shift+z');
    await status('proposed');
    await page.waitForFunction(() => /Proposed/.test(document.querySelector('.detail .status').textContent));
  }));

test('several ticked rows change together', () =>
  editing([{}, {}, { status: 'completed' }], async (page, one, two, three) => {
    await page.locator('#tab-table').click();
    for (const id of [one, two, three]) await page.locator('tbody tr', { hasText: id }).locator('input[type=checkbox]').check();
    await page.selectOption('#field-status', 'proposed');
    assert.match(await page.textContent('.bulk .note'), /1 is left out/);
    await page.locator('.bulk button.primary').click();
    await page.locator('.bulk').waitFor({ state: 'detached' });
    const statuses = await Promise.all([one, two, three].map(async (id) => (await stored(id)).properties.status));
    assert.deepEqual(statuses, ['proposed', 'proposed', 'completed']);
    await page.locator('#undo').click();
    await eventuallyStored(two, ({ properties }) => properties.status === 'idea', 'undone');
    assert.equal((await stored(one)).properties.status, 'idea');
  }));

test('what is deleted comes back by undo with all it had, and goes again by redo', () =>
  editing([{ geometry: square(SPOT), cost: 12.5 }], async (page, id) => {
    const before = await stored(id);
    await open(page, id);
    await page.getByRole('button', { name: 'Delete' }).click();
    const gone = () => eventuallyStored(id, (one) => one === null, 'deleted');
    await gone();
    await page.locator('.list').waitFor();
    assert.equal(await row(page, id).count(), 0);
    await page.locator('#undo').click();
    await row(page, id).waitFor();
    const after = await stored(id);
    assert.deepEqual(after.geometry, before.geometry);
    assert.deepEqual({ ...after.properties, updated: 0 }, { ...before.properties, updated: 0 });
    await page.locator('#redo').click();
    await gone();
    await row(page, id).waitFor({ state: 'detached' });
    await page.locator('#undo').click();
    await row(page, id).waitFor();
    assert.ok(await stored(id));
  }));

test('a duplicate starts as a new draft and is its own intervention', () =>
  editing([{ geometry: square(SPOT) }], async (page, id) => {
    await open(page, id);
    await page.getByRole('button', { name: 'Duplicate' }).click();
    await page.locator('.editor').waitFor();
    await save(page);
    const copy = new URL(page.url()).searchParams.get('id');
    assert.notEqual(copy, id);
    assert.deepEqual((await stored(copy)).geometry, (await stored(id)).geometry);
    await ask(page, 'DELETE', `${ITEMS}/${copy}`);
  }));

test('what is typed while it is being saved stays as a draft on top of what was saved', () => {
  let release;
  return editing([{}], async (page, id) => {
    const held = new Promise((settle) => (release = settle));
    await openEditor(page, id);
    await page.fill('#field-title', 'Saved');
    await page.route('**/changes', async (route) => {
      await held;
      await route.continue();
    });
    const asked = page.waitForRequest('**/changes');
    await page.locator('#save').click();
    await asked;
    await page.fill('#field-title', 'Saved and more');
    release();
    await eventuallyStored(id, ({ properties }) => properties.title === 'Saved', 'the first is on the server');
    await page.unroute('**/changes');
    await page.locator('#editor-title', { hasText: 'Saved and more' }).waitFor();
    await page.waitForFunction(() => !document.querySelector('#save').disabled);
    await save(page);
    assert.equal((await stored(id)).properties.title, 'Saved and more');
  });
});

test('a draft survives a reload and can be undone within', () =>
  editing([{}], async (page, id) => {
    await openEditor(page, id);
    await page.fill('#field-title', 'Half a thought');
    await page.selectOption('#field-kind', 'event');
    await page.reload();
    await page.locator('.workbar .hint .link', { hasText: 'Half a thought' }).click();
    assert.equal(await page.inputValue('#field-title'), 'Half a thought');
    assert.equal(await page.inputValue('#field-kind'), 'event');
    assert.equal((await stored(id)).properties.title, titleOf(id));
    await page.fill('#field-title', 'Another thought');
    await page.locator('#undo-field').click();
    assert.equal(await page.inputValue('#field-title'), 'Half a thought');
    await page.getByRole('button', { name: 'Discard draft' }).click();
    await page.locator('.editor').waitFor({ state: 'detached' });
    assert.equal(await page.locator('.workbar .hint').count(), 0);
    await page.locator('.way .link').click();
    await row(page, id).waitFor();
  }));

test('what is saved without a connection waits, is shown as waiting, survives, and is sent when it is back', () =>
  editing(
    [{}],
    async (page, id) => {
      await openEditor(page, id);
      await page.fill('#field-title', 'Written on the train');
      await page.context().setOffline(true);
      await save(page);
      await page.locator('.workbar .hint', { hasText: 'Written on the train' }).waitFor();
      assert.match(await page.textContent('.detail h1'), /Written on the train/);
      await page.locator('.move', { hasText: 'Proposed' }).click();
      await page.waitForFunction(() => document.querySelectorAll('.workbar .hint li').length === 2);
      assert.equal((await stored(id)).properties.title, titleOf(id));
      await page.context().setOffline(false);
      const after = await eventuallyStored(id, ({ properties }) => properties.status === 'proposed', 'sent');
      assert.equal(after.properties.title, 'Written on the train');
      await page.locator('.workbar .hint').waitFor({ state: 'detached' });
      await page.reload();
      await page.locator('.workbar').waitFor();
      assert.equal(await page.locator('.workbar .hint').count(), 0);
      await page.locator('.way .link').click();
      await row(page, id).waitFor();
    },
    { expectErrors: CUT },
  ));

test('of two who changed the same, the second decides field by field, and nothing is lost', () =>
  editing([{ place: 'Glavni trg' }], (page, id) =>
    visit(
      `${CELJE}&id=${id}`,
      async (other) => {
        await other.locator('.detail h1').waitFor();
        await signIn(other);
        await openEditor(page, id);
        await other.locator('#edit').click();
        await other.locator('.editor').waitFor();
        await page.fill('#field-title', 'Mine');
        await page.selectOption('#field-kind', 'event');
        await other.fill('#field-title', 'Theirs');
        await other.fill('#field-place', 'Krekov trg');
        await save(other);
        await page.locator('.editor .hint').waitFor();
        assert.equal(await page.inputValue('#field-title'), 'Mine');
        await page.locator('#save').click();
        await page.locator('.conflict').waitFor();
        assert.deepEqual(await page.locator('.difference.contested .version').allTextContents(), [`Before${titleOf(id)}`, 'TheirsTheirs', 'MineMine']);
        await page.locator('.conflict button.primary').click();
        assert.match(await page.locator('.conflict [role=alert]').textContent(), /not decided/);
        assert.equal((await stored(id)).properties.title, 'Theirs');
        await page.locator('.difference.contested .version', { hasText: 'Mine' }).locator('input').check();
        await page.locator('.conflict button.primary').click();
        await page.locator('.conflict').waitFor({ state: 'detached' });
        const { properties } = await stored(id);
        assert.deepEqual([properties.title, properties.kind, properties.place], ['Mine', 'event', 'Krekov trg']);
        await other.waitForFunction(() => document.querySelector('.detail h1')?.textContent === 'Mine');
      },
      { expectErrors: REFUSED },
    ),
  ));

test('a version of before is made the newest again', () =>
  editing([{}], async (page, id) => {
    await ask(page, 'PATCH', `${ITEMS}/${id}`, { properties: { title: 'Second' } });
    await ask(page, 'PATCH', `${ITEMS}/${id}`, { properties: { title: 'Third' } });
    await row(page, id).getByText('Third').waitFor();
    await open(page, id);
    await page.locator('.history summary').click();
    await page.locator('.versions > li').nth(2).waitFor();
    await page.locator('.versions > li').nth(1).getByRole('button').click();
    await eventuallyStored(id, ({ properties }) => properties.title === 'Second', 'restored');
    await page.waitForFunction(() => document.querySelector('.detail h1').textContent === 'Second');
    await page.waitForFunction(() => document.querySelectorAll('.versions > li').length === 4);
  }));

test('what one changes another sees without asking: list, detail, map', () =>
  editing([{ geometry: square(SPOT) }], (page, id) =>
    visit(there, async (other) => {
      await row(other, id).waitFor();
      await idle(other);
      const drawn = (where) =>
        other.evaluate(
          ([id, at]) => {
            const { map } = window.cityheart;
            const layers = map
              .getStyle()
              .layers.filter((layer) => layer['source-layer']?.startsWith('interventions'))
              .map((layer) => layer.id);
            return map.queryRenderedFeatures(map.project(at), { layers }).some(({ properties }) => properties.id === id);
          },
          [id, where],
        );
      const [here, moved] = [
        [SPOT[0] + 0.0003, SPOT[1] + 0.0003],
        [SPOT[0] - 0.0005, SPOT[1] + 0.0003],
      ];
      await eventually(() => drawn(here), Boolean, 'drawn where it was made');
      await ask(page, 'PATCH', `${ITEMS}/${id}`, { geometry: square([SPOT[0] - 0.0008, SPOT[1]]), properties: { title: 'Seen at once' } });
      await row(other, id).getByText('Seen at once').waitFor();
      await eventually(() => drawn(moved), Boolean, 'drawn where it went');
      assert.equal(await drawn(here), false);
      await ask(page, 'DELETE', `${ITEMS}/${id}`);
      await row(other, id).waitFor({ state: 'detached' });
    }),
  ));

test('everything goes by keys: status, fields, an area drawn, saved', () =>
  editing([{}], async (page, id) => {
    const press = async (...keys) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    const reach = async (selector, key = 'Tab') => {
      for (let i = 0; i < 120; i++) {
        if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return;
        await page.keyboard.press(key);
      }
      assert.fail(`${selector} is not reached by ${key}`);
    };
    await page.evaluate((wanted) => document.querySelector(`.row[data-id="${wanted}"]`).focus(), id);
    await press('Enter');
    await page.locator('.moves').waitFor();
    await reach('.move');
    await press('Enter');
    await eventuallyStored(id, ({ properties }) => properties.status === 'proposed', 'moved by keys');
    await reach('#edit');
    await press('Enter');
    await page.locator('.editor').waitFor();
    await reach('#field-title');
    await press('Control+a');
    await page.keyboard.type('By keys');
    await reach('.place input[type=radio]');
    for (let i = 0; i < 3 && !(await page.getByRole('radio', { name: 'Area' }).isChecked()); i++) await press('ArrowRight');
    await reach('.place .other-ways summary');
    await press('Enter');
    await reach('.place .other-ways .button.wide');
    await press('Enter');
    await page.locator('.crosshair').waitFor();
    await idle(page);
    for (const keys of [['Enter'], ['ArrowRight', 'ArrowRight', 'Enter'], ['ArrowDown', 'ArrowDown', 'Enter']]) {
      for (const key of keys) {
        await press(key);
        await idle(page);
      }
    }
    await press('Enter');
    await page.locator('.crosshair').waitFor({ state: 'detached' });
    assert.match(await page.textContent('#place-now'), /m²/);
    await press('Control+s');
    await page.locator('.editor').waitFor({ state: 'detached' });
    const { properties, geometry } = await stored(id);
    assert.equal(properties.title, 'By keys');
    assert.equal(geometry.type, 'Polygon');
  }));

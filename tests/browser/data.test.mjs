// What else the plan holds is edited like interventions are: areas, streets, facilities, what is observed.
import assert from 'node:assert/strict';
import { ask, CUT, eventually, REFUSED, signIn, SPOT, square } from './editing.mjs';
import { base, counted, features, idle, onPage, test, visit } from './harness.mjs';
import { request } from './limits.mjs';
import { serveDemo } from './servers.mjs';

const AREAS = 'api/collections/areas/items';
const inside = [SPOT[0] + 0.0003, SPOT[1] + 0.0003];

/** Opens the other data of Celje signed in. */
const looking = (steps, { who, ...options } = {}) =>
  visit(
    `?city=celje&map=17.00/${inside[1]}/${inside[0]}`,
    async (page) => {
      await page.locator('.row').first().waitFor();
      await signIn(page, who);
      await page.locator('#data').click();
      await page.locator('.thing').first().waitFor();
      await steps(page);
    },
    { expectErrors: REFUSED, ...options },
  );

const thing = (page, id) => page.locator(`.thing[data-id="${id}"]`);
const areaNamed = async (name) => (await features('areas')).find(({ properties }) => properties.name === name);

/** Makes an area of this test alone and removes it whatever happens. */
async function withArea(page, steps) {
  const id = `celje-test-${process.pid}-${Date.now().toString(36)}`;
  const feature = { type: 'Feature', id, geometry: square(SPOT), properties: { name: `Area ${id}`, city: 'celje', kind: 'historic_core', schematic: true } };
  const { status, json } = await ask(page, 'POST', AREAS, feature);
  assert.equal(status, 201, JSON.stringify(json));
  try {
    await steps(id);
  } finally {
    await page.context().setOffline(false);
    await ask(page, 'DELETE', `${AREAS}/${id}`);
  }
}

test('an area is added with a typed outline, found, renamed, removed, and brought back by undo', () => {
  const name = `Test ${process.pid} ${Date.now()}`;
  return looking(async (page) => {
    await page.locator('#data-new').click();
    await page.locator('.editor').waitFor();
    assert.match(await page.locator('#editor-title').textContent(), /Centre areas/);
    await page.locator('#save').click();
    await page.locator('#faults').waitFor();
    const missing = await page.locator('#faults a').allTextContents();
    assert.ok(missing.some((text) => /^Name/.test(text)) && missing.some((text) => /^Outline/.test(text)), missing.join());
    await page.fill('#field-name', name);
    await page.selectOption('#field-kind', 'historic_core');
    assert.equal(await page.locator('#field-city').inputValue(), 'celje');
    await counted(page.locator('.kinds label'), 1, 'an area is nothing but an area');
    await page.locator('.other-ways summary').click();
    await page.fill(
      '.typed textarea',
      square(SPOT)
        .coordinates[0].map(([lon, lat]) => `${lat}, ${lon}`)
        .join('\n'),
    );
    await page.locator('.typed .button').click();
    await page.locator('#place-now', { hasText: 'Area of' }).waitFor();
    await page.locator('#save').click();
    await page.locator('#data-collection').waitFor();
    const { id } = await areaNamed(name);
    await page.fill('#data-search', name);
    await thing(page, id).click();
    await page.locator('.editor').waitFor();
    await page.fill('#field-name_en', `${name} in English`);
    await page.locator('#save').click();
    await thing(page, id).waitFor();
    assert.equal((await areaNamed(name)).properties.name_en, `${name} in English`);
    await thing(page, id).click();
    await page.locator('.editor .danger').click();
    await page.locator('#data-collection').waitFor();
    await eventually(
      () => areaNamed(name),
      (area) => !area,
      'it is gone',
    );
    await page.locator('#undo').click();
    await eventually(
      () => areaNamed(name),
      (area) => area?.properties.name_en,
      'it is back with all it had',
    );
    await page.fill('#data-search', name);
    await thing(page, id).click();
    await page.locator('.editor .danger').click();
    await eventually(
      () => areaNamed(name),
      (area) => !area,
      'it is gone again',
    );
  });
});

test('what is tapped on the map is opened, and what others change meanwhile is put beside', () =>
  looking((page) =>
    withArea(page, async (id) => {
      await thing(page, id).waitFor();
      await idle(page);
      const { x, y } = await onPage(page, inside);
      await page.mouse.click(x, y);
      await page.locator('.editor').waitFor();
      assert.equal(await page.inputValue('#field-name'), `Area ${id}`);
      await ask(page, 'PATCH', `${AREAS}/${id}`, { properties: { note: 'Theirs' } });
      await page.fill('#field-note', 'Mine');
      await page.locator('#save').click();
      await page.locator('.conflict').waitFor();
      await page.locator('.difference.contested .version', { hasText: 'Mine' }).locator('input').check();
      await page.locator('.conflict button.primary').click();
      await page.locator('.conflict').waitFor({ state: 'detached' });
      assert.equal((await (await request(`${base}${AREAS}/${id}?f=json`)).json()).properties.note, 'Mine');
    }),
  ));

test('a draft of other data survives a reload', () =>
  looking((page) =>
    withArea(page, async (id) => {
      await thing(page, id).click();
      await page.fill('#field-note', 'Half written');
      await page.reload();
      await page.locator('.workbar .hint button.link').first().click();
      await page.locator('.editor').waitFor();
      assert.equal(await page.inputValue('#field-note'), 'Half written');
      await page.locator('.editor .actions .button', { hasText: 'Discard' }).click();
    }),
  ));

test('what is changed without a connection stands in its list at once, opens again, and is sent when it is back', () =>
  looking(
    (page) =>
      withArea(page, async (id) => {
        await thing(page, id).waitFor();
        await idle(page);
        await page.context().setOffline(true);
        await thing(page, id).click();
        await page.locator('.editor').waitFor();
        await page.fill('#field-name', 'Renamed in the tunnel');
        await page.locator('#save').click();
        await thing(page, id).getByText('Renamed in the tunnel').waitFor();
        assert.match(await thing(page, id).textContent(), /Shown here, not sent yet/);
        await thing(page, id).click();
        await page.locator('.editor').waitFor();
        assert.equal(await page.inputValue('#field-name'), 'Renamed in the tunnel');
        await page.fill('#field-note', 'Begun');
        await page.getByRole('button', { name: 'Go back and keep the draft' }).click();
        assert.match(await thing(page, id).textContent(), /You have a draft of this/);
        assert.equal((await (await request(`${base}${AREAS}/${id}?f=json`)).json()).properties.name, `Area ${id}`);
        await page.context().setOffline(false);
        await eventually(
          async () => (await request(`${base}${AREAS}/${id}?f=json`)).json(),
          ({ properties }) => properties.name === 'Renamed in the tunnel',
          'sent',
        );
        await page.waitForFunction((wanted) => !/not sent yet/.test(document.querySelector(`.thing[data-id="${wanted}"]`)?.textContent ?? 'not sent yet'), id);
        await page.locator('.workbar .hint .square').click();
      }),
    { expectErrors: CUT },
  ));

test('a city has a name in each language, one is added, and one is taken out again', async () => {
  const server = await serveDemo();
  const names = async () => (await (await request(`${server.at}api/collections/cities/items/celje?f=json`)).json()).properties.names;
  try {
    const before = await names();
    await looking(
      async (page) => {
        const open = async () => {
          await thing(page, 'celje').click();
          await page.locator('.editor').waitFor();
        };
        const save = async () => {
          await page.locator('#save').click();
          await thing(page, 'celje').waitFor();
        };
        await page.selectOption('#data-collection', 'cities');
        await open();
        const group = page.getByRole('group', { name: 'Name in each language' });
        await counted(group.locator('input'), Object.keys(before).length, 'one for each that is filled');
        await group.locator('select').selectOption({ label: 'Hungarian' });
        const hungarian = page.getByLabel('Hungarian', { exact: true });
        await page.waitForFunction(() => document.activeElement?.id === 'field-names-hu');
        await page.locator('#save').click();
        await page.locator('#faults a', { hasText: 'Name in each language: Fill in this field.' }).waitFor();
        await hungarian.fill('Cille');
        await save();
        assert.deepEqual(await names(), { ...before, hu: 'Cille' });
        await open();
        await page.getByRole('button', { name: 'Remove: Hungarian' }).click();
        await hungarian.waitFor({ state: 'detached' });
        await save();
        assert.deepEqual(await names(), before);
      },
      { at: server.at, who: server.add('boss', '--role', 'admin') },
    );
  } finally {
    await server.remove();
  }
});

test('every collection on offer has a form of all its fields in the language of the person', () =>
  looking(
    async (page) => {
      const ids = await page.locator('#data-collection option').evaluateAll((all) => all.map(({ value }) => value));
      assert.ok(
        ['areas', 'segments', 'facilities', 'premises', 'indicators', 'observations', 'cities', 'partners'].every((id) => ids.includes(id)),
        ids.join(),
      );
      for (const id of ids) {
        await page.selectOption('#data-collection', id);
        const schema = await (await request(`${base}api/collections/${id}/schema?f=json`)).json();
        const asked = Object.entries(schema.properties).filter(
          ([, field]) => !field.readOnly && field['x-ogc-role'] !== 'id' && field['x-ogc-role'] !== 'primary-geometry',
        );
        const some = (await features(id)).some(({ properties }) => !schema.properties.city || properties.city === 'celje');
        if (!some) continue;
        await page.locator('.thing').first().click();
        await page.locator('.editor, .thing + .hint').first().waitFor();
        if (!(await page.locator('.editor').count())) continue;
        const titles = await page.locator('.editor :is(label:not(.choice), legend, .choice span)').allTextContents();
        for (const [, field] of asked)
          assert.ok(
            titles.some((text) => text.startsWith(field['x-cityheart-title'].sl)),
            `${id}: ${field['x-cityheart-title'].sl} in ${titles.join(' | ')}`,
          );
        await page.locator('.editor .actions .button').nth(1).click();
        await page.locator('#data-collection').waitFor();
      }
    },
    { locale: 'sl-SI' },
  ));

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { groupOf } from './symbology';

test("every status of the plan's vocabulary has the sign of its group", () => {
  const file = join(import.meta.dirname, '../../geodata/model/vocabularies/status.json');
  const { concepts } = JSON.parse(readFileSync(file, 'utf8')) as { concepts: { id: string; group: string }[] };
  expect(concepts.length).toBeGreaterThan(5);
  for (const { id, group } of concepts) expect([id, groupOf(id)]).toEqual([id, group]);
});

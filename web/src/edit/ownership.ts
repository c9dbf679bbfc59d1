// Whether a contributor made a thing: the server says of each what it lets them do. Asked once of each, and known until somebody
// else signs in.
import { signal } from '@preact/signals';
import type { Intervention } from '../plan';
import { account } from '../state/session';
import { ownMatters, whyNot, type EditDenial } from './permissions';
import { mayChange } from './editApi';

/** By login and id; null where the server did not say, and then decides. */
const known = signal<ReadonlyMap<string, boolean | null>>(new Map());
const asked = new Set<string>();
const AT_ONCE = 4;

const keyOf = (id: string) => `${account.value?.login ?? ''} ${id}`;

export async function learnOwn(ids: readonly string[]): Promise<void> {
  if (!ownMatters(account.value)) return;
  const left = ids.filter((id) => !asked.has(keyOf(id)));
  left.forEach((id) => asked.add(keyOf(id)));
  for (let i = 0; i < left.length; i += AT_ONCE) {
    const answers = await Promise.all(left.slice(i, i + AT_ONCE).map(async (id) => [keyOf(id), await mayChange(id)] as const));
    known.value = new Map([...known.value, ...answers]);
  }
}

/** Why the person may not change it; empty when they may, null while that is being asked. */
export function reasonAgainst(one: Intervention): EditDenial | null {
  const own = known.value.get(keyOf(one.id));
  const others = whyNot(account.value, one.city, true);
  if (others || !ownMatters(account.value)) return others;
  return own === undefined ? null : whyNot(account.value, one.city, own);
}

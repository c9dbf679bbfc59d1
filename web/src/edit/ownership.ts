// Whether a contributor owns an item: the server states per item what the account may do. Asked once per item and
// account.
import { signal } from '@preact/signals';
import type { Intervention } from '../plan';
import { account } from '../state/session';
import { needsOwnership, editDenial, type EditDenial } from './permissions';
import { fetchMayChange } from './editApi';

/** By login and id. Null where the server did not say; it decides on saving. */
const knownOwnership = signal<ReadonlyMap<string, boolean | null>>(new Map());
const requestedKeys = new Set<string>();
const MAX_PARALLEL = 4;

const ownershipKey = (id: string) => `${account.value?.login ?? ''} ${id}`;

export async function loadOwnership(ids: readonly string[]): Promise<void> {
  if (!needsOwnership(account.value)) return;
  const left = ids.filter((id) => !requestedKeys.has(ownershipKey(id)));
  left.forEach((id) => requestedKeys.add(ownershipKey(id)));
  for (let i = 0; i < left.length; i += MAX_PARALLEL) {
    const answers = await Promise.all(left.slice(i, i + MAX_PARALLEL).map(async (id) => [ownershipKey(id), await fetchMayChange(id)] as const));
    knownOwnership.value = new Map([...knownOwnership.value, ...answers]);
  }
}

/** Why the person may not edit it; empty when they may, null while that is being loaded. */
export function denialFor(one: Intervention): EditDenial | null {
  const own = knownOwnership.value.get(ownershipKey(one.id));
  const others = editDenial(account.value, one.city, true);
  if (others || !needsOwnership(account.value)) return others;
  return own === undefined ? null : editDenial(account.value, one.city, own);
}

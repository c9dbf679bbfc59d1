// The server's edit policy as the page knows it, to explain what is not offered. The server decides.
import type { UserAccount } from '../state/session';

export type EditDenial = '' | 'viewer' | 'city' | 'own' | 'none';

/**
 * Why the account may not edit an item of a city; empty when it may. `own` is whether the account created the item,
 * null while that is not known.
 */
export function editDenial(account: UserAccount | null, city: string, own: boolean | null): EditDenial {
  if (!account || account.role === 'visitor') return 'none';
  if (account.role === 'admin') return '';
  if (account.role === 'viewer') return 'viewer';
  if (!account.cities.includes(city)) return 'city';
  return account.role === 'contributor' && own === false ? 'own' : '';
}

/** The cities to which the account may add items. */
export function editableCities(account: UserAccount | null, all: readonly string[]): string[] {
  return all.filter((city) => editDenial(account, city, true) === '');
}

/** Whether the permission depends on who created the item. */
export const needsOwnership = (account: UserAccount | null) => account?.role === 'contributor';

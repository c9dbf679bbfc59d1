// Who may change what, as the server's policy has it, so that what is not offered can say why. The server decides.
import type { UserAccount } from '../state/session';

export type EditDenial = '' | 'viewer' | 'city' | 'own' | 'none';

/** Why somebody may not change a thing of a city; empty when they may. `own` is whether they made it themselves, null while that is not known. */
export function editDenial(account: UserAccount | null, city: string, own: boolean | null): EditDenial {
  if (!account || account.role === 'visitor') return 'none';
  if (account.role === 'admin') return '';
  if (account.role === 'viewer') return 'viewer';
  if (!account.cities.includes(city)) return 'city';
  return account.role === 'contributor' && own === false ? 'own' : '';
}

/** Whether somebody may add things, and to which of these cities. */
export function editableCities(account: UserAccount | null, all: readonly string[]): string[] {
  return all.filter((city) => editDenial(account, city, true) === '');
}

/** Whether who made a thing matters. */
export const needsOwnership = (account: UserAccount | null) => account?.role === 'contributor';

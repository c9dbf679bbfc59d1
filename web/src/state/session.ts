// Who is signed in. Everything that only an editor needs is loaded then, and not before.
import { batch, signal } from '@preact/signals';
import { address } from '../api';

export type Role = 'visitor' | 'viewer' | 'contributor' | 'editor' | 'admin';

export interface Account {
  login: string;
  name: string;
  role: Role;
  /** Ids of the cities an editor may edit. */
  cities: string[];
}

export type Tools = typeof import('../edit');

/** Null for a visitor. */
export const account = signal<Account | null>(null);
/** What an editor works with; null until somebody wants to sign in. */
export const tools = signal<Tools | null>(null);

export async function equip(): Promise<Tools> {
  tools.value ??= await import('../edit');
  return tools.value;
}

/** Asks the server who we are: the session outlives the page. Null when it does not say. */
export async function resume(): Promise<Role | null> {
  const answer = await fetch(address('auth/me'), { cache: 'no-store' }).catch(() => null);
  if (!answer?.ok) return null;
  const who = (await answer.json()) as Account;
  if (who.role !== 'visitor') await welcome(who);
  return who.role;
}

export async function welcome(who: Account): Promise<void> {
  const { begin } = await equip();
  batch(() => {
    account.value = who;
    begin();
  });
}

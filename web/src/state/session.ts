// Who is signed in. Everything that only an editor needs is loaded then, and not before.
import { batch, signal } from '@preact/signals';
import { address } from '../api';
import { remember, remembered } from '../state';

export type AccountRole = 'visitor' | 'viewer' | 'contributor' | 'editor' | 'admin';

export interface UserAccount {
  login: string;
  name: string;
  role: AccountRole;
  /** Ids of the cities an editor may edit. */
  cities: string[];
}

export type EditorModule = typeof import('../edit');

/** Null for a visitor. */
export const account = signal<UserAccount | null>(null);
/** What an editor works with; null until somebody wants to sign in. */
export const tools = signal<EditorModule | null>(null);

export async function equip(): Promise<EditorModule> {
  tools.value ??= await import('../edit');
  return tools.value;
}

/** Under this name this device keeps who is signed in, so that their drafts are there without a connection. */
const NAME = 'account';

/** Asks the server who we are: the session outlives the page. Null when it does not say; who was signed in last then still is. */
export async function resume(): Promise<AccountRole | null> {
  const answer = await fetch(address('auth/me'), { cache: 'no-store' }).catch(() => null);
  if (!answer?.ok) {
    const last = account.value ? null : lastKnown();
    if (last) await welcome(last);
    return null;
  }
  const who = (await answer.json()) as UserAccount;
  if (who.role !== 'visitor') await welcome(who);
  else remember(NAME, '');
  return who.role;
}

function lastKnown(): UserAccount | null {
  try {
    return JSON.parse(remembered(NAME) || 'null') as UserAccount | null;
  } catch {
    return null; // somebody else wrote there
  }
}

export async function welcome(who: UserAccount): Promise<void> {
  const { begin } = await equip();
  remember(NAME, JSON.stringify(who));
  batch(() => {
    account.value = who;
    begin();
  });
}

/** Signed out. */
export function farewell(): void {
  remember(NAME, '');
  account.value = null;
}

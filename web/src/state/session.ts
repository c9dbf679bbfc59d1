// Who is signed in. Everything that only an editor needs is loaded then, and not before.
import { batch, signal } from '@preact/signals';
import { address } from '../api';
import { writeSetting, readSetting } from '../state';

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
export const editorModule = signal<EditorModule | null>(null);

export async function loadEditor(): Promise<EditorModule> {
  editorModule.value ??= await import('../edit');
  return editorModule.value;
}

/** Under this name this device keeps who is signed in, so that their drafts are there without a connection. */
const ACCOUNT_SETTING = 'account';

/** Asks the server who we are: the session outlives the page. Null when it does not say; who was signed in last then still is. */
export async function resumeSession(): Promise<AccountRole | null> {
  const answer = await fetch(address('auth/me'), { cache: 'no-store' }).catch(() => null);
  if (!answer?.ok) {
    const last = account.value ? null : lastKnownAccount();
    if (last) await startSession(last);
    return null;
  }
  const who = (await answer.json()) as UserAccount;
  if (who.role !== 'visitor') await startSession(who);
  else writeSetting(ACCOUNT_SETTING, '');
  return who.role;
}

function lastKnownAccount(): UserAccount | null {
  try {
    return JSON.parse(readSetting(ACCOUNT_SETTING) || 'null') as UserAccount | null;
  } catch {
    return null; // somebody else wrote there
  }
}

export async function startSession(who: UserAccount): Promise<void> {
  const { startEditing: begin } = await loadEditor();
  writeSetting(ACCOUNT_SETTING, JSON.stringify(who));
  batch(() => {
    account.value = who;
    begin();
  });
}

/** Signed out. */
export function endSession(): void {
  writeSetting(ACCOUNT_SETTING, '');
  account.value = null;
}

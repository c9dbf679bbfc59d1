// Who is signed in. The editor follows this signal (`state/editor.ts`); the session knows nothing of it.
import { signal } from '@preact/signals';
import { address, readJson } from '../api';
import { readSetting, writeSetting } from '../state';

export type AccountRole = 'visitor' | 'viewer' | 'contributor' | 'editor' | 'admin';

export interface UserAccount {
  login: string;
  name: string;
  role: AccountRole;
  /** Ids of the cities an editor may edit. */
  cities: string[];
}

/** Null for a visitor. A new object is a new session, even of the same person. */
export const account = signal<UserAccount | null>(null);

/**
 * This device stores the signed-in account under this name, so that the editor's drafts are available without a
 * connection.
 */
const ACCOUNT_SETTING = 'account';

/**
 * Asks the server for the current session, which outlives the page. Returns null when the server does not answer; the
 * account that was signed in last is then restored from this device.
 */
export async function resumeSession(): Promise<AccountRole | null> {
  const response = await fetch(address('auth/me'), { cache: 'no-store' }).catch(() => null);
  const current = response?.ok ? await readJson<UserAccount>(response) : null;
  if (!current) {
    const last = account.value ? null : lastKnownAccount();
    if (last) startSession(last);
    return null;
  }
  if (current.role !== 'visitor') startSession(current);
  else writeSetting(ACCOUNT_SETTING, '');
  return current.role;
}

function lastKnownAccount(): UserAccount | null {
  try {
    return JSON.parse(readSetting(ACCOUNT_SETTING) || 'null') as UserAccount | null;
  } catch {
    return null; // the stored text is not ours
  }
}

export function startSession(signedIn: UserAccount): void {
  writeSetting(ACCOUNT_SETTING, JSON.stringify(signedIn));
  account.value = signedIn;
}

export function endSession(): void {
  writeSetting(ACCOUNT_SETTING, '');
  account.value = null;
}

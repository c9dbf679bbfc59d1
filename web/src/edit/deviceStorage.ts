// What is kept on this device until it is safely on the server: drafts, and changes that wait for the connection. Each
// stands under its own name, so that two windows never overwrite each other's work.
import type { FeatureChange, FeatureContent } from './featureChange';

export interface FeatureDraft {
  /** The id of the thing, or a name of its own while it is new. */
  key: string;
  /** Null while it is new. */
  base: FeatureContent | null;
  now: FeatureContent;
  etag: string | null;
  /** When it was last touched, in milliseconds. */
  at: number;
}

/** Changes that are decided and not yet sent. */
export interface PendingChange {
  key: string;
  /** What was done, in the person's words. */
  label: string;
  changes: FeatureChange[];
  /** Why it does not go by itself: others changed the same, or the server's sentence. */
  stuck: '' | 'stale' | { sentence: string };
  at: number;
}

type StoredEntries = { draft: FeatureDraft; waiting: PendingChange };

const prefix = (kind: keyof StoredEntries, login: string) => `cityheart.${kind}.${encodeURIComponent(login)}.`;

/** Whether it could be written: storage may be full or forbidden. */
export function keep<K extends keyof StoredEntries>(kind: K, login: string, one: StoredEntries[K]): boolean {
  try {
    localStorage.setItem(prefix(kind, login) + one.key, JSON.stringify(one));
    return true;
  } catch {
    return false;
  }
}

export function drop(kind: keyof StoredEntries, login: string, key: string): void {
  try {
    localStorage.removeItem(prefix(kind, login) + key);
  } catch {
    // what cannot be stored cannot be there
  }
}

/** The oldest first. What cannot be read any more is left out. */
export function kept<K extends keyof StoredEntries>(kind: K, login: string): StoredEntries[K][] {
  try {
    const names = Object.keys(localStorage).filter((name) => name.startsWith(prefix(kind, login)));
    return names.flatMap((name) => parsed<StoredEntries[K]>(localStorage.getItem(name))).sort((a, b) => a.at - b.at);
  } catch {
    return [];
  }
}

function parsed<T>(text: string | null): T[] {
  try {
    return text ? [JSON.parse(text) as T] : [];
  } catch {
    return [];
  }
}

/** Calls when another window of this browser kept or dropped something. */
export function onKept(login: string, changed: () => void): () => void {
  const listen = ({ key }: StorageEvent) => {
    if (!key || key.startsWith(prefix('draft', login)) || key.startsWith(prefix('waiting', login))) changed();
  };
  addEventListener('storage', listen);
  return () => removeEventListener('storage', listen);
}

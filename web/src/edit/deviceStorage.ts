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

const storagePrefix = (kind: keyof StoredEntries, login: string) => `cityheart.${kind}.${encodeURIComponent(login)}.`;

/** Whether it could be written: storage may be full or forbidden. */
export function storeEntry<K extends keyof StoredEntries>(kind: K, login: string, one: StoredEntries[K]): boolean {
  try {
    localStorage.setItem(storagePrefix(kind, login) + one.key, JSON.stringify(one));
    return true;
  } catch {
    return false;
  }
}

export function removeEntry(kind: keyof StoredEntries, login: string, key: string): void {
  try {
    localStorage.removeItem(storagePrefix(kind, login) + key);
  } catch {
    // what cannot be stored cannot be there
  }
}

/** The oldest first. What cannot be read any more is left out. */
export function loadEntries<K extends keyof StoredEntries>(kind: K, login: string): StoredEntries[K][] {
  try {
    const names = Object.keys(localStorage).filter((name) => name.startsWith(storagePrefix(kind, login)));
    return names.flatMap((name) => parseEntry<StoredEntries[K]>(localStorage.getItem(name))).sort((a, b) => a.at - b.at);
  } catch {
    return [];
  }
}

function parseEntry<T>(text: string | null): T[] {
  try {
    return text ? [JSON.parse(text) as T] : [];
  } catch {
    return [];
  }
}

/** Calls when another window of this browser kept or dropped something. */
export function watchEntries(login: string, changed: () => void): () => void {
  const listen = ({ key }: StorageEvent) => {
    if (!key || key.startsWith(storagePrefix('draft', login)) || key.startsWith(storagePrefix('waiting', login))) changed();
  };
  addEventListener('storage', listen);
  return () => removeEventListener('storage', listen);
}

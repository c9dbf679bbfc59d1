// Stores drafts and pending changes on this device until they are on the server. Each has a key of its own in
// localStorage, so that two windows never overwrite each other's work.
import type { FeatureChange, FeatureContent } from './featureChange';

export interface FeatureDraft {
  /** The item's reference; a temporary key while the item is new. */
  key: string;
  /** Null while the item is new. */
  base: FeatureContent | null;
  now: FeatureContent;
  etag: string | null;
  /** When it was last changed, in milliseconds. */
  at: number;
}

/** Changes that wait for a connection, or for a decision. */
export interface PendingChange {
  key: string;
  /** What the person did, in words. */
  label: string;
  changes: FeatureChange[];
  /** Why it needs a person: others changed the same fields, or the server's reasons for refusing. */
  stuck: '' | 'stale' | { sentence: string };
  at: number;
}

type StoredEntries = { draft: FeatureDraft; waiting: PendingChange };

const storagePrefix = (kind: keyof StoredEntries, login: string) => `cityheart.${kind}.${encodeURIComponent(login)}.`;

/** Returns whether the entry is stored: storage may be full or forbidden. */
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
    // storage is forbidden, so there is nothing to remove
  }
}

/** Entries of this person, oldest first. Unreadable ones are skipped. */
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

/** Calls back when another window of this browser stores or removes an entry. Returns the function that stops it. */
export function watchEntries(login: string, changed: () => void): () => void {
  const listen = ({ key }: StorageEvent) => {
    if (!key || key.startsWith(storagePrefix('draft', login)) || key.startsWith(storagePrefix('waiting', login))) changed();
  };
  addEventListener('storage', listen);
  return () => removeEventListener('storage', listen);
}

// Rebases changes when the server has another version: some merge automatically, others need a person.
import type { FeatureChange } from './featureChange';
import { rebaseChange, type RebaseResult } from './rebase';
import { fetchLastRevision, fetchNewest } from './editApi';

/**
 * Rebases each change on the server's current version. `join` merges changes of others to other fields without asking.
 * Null without a response.
 */
export async function reconcileChanges(changes: FeatureChange[], join: boolean): Promise<RebaseResult | null> {
  const result: RebaseResult = { ready: [], already: new Map(), conflicts: [] };
  for (let change of changes) {
    const found = await fetchNewest(change.id);
    if (found === 'unreachable') return null;
    if (!found && !change.base && change.restore === undefined) change = { ...change, ...restoring(await fetchLastRevision(change.id)) };
    rebaseChange(change, found?.content ?? null, found?.etag ?? null, join, result);
  }
  return result;
}

const restoring = (restore: number | null) => (restore === null ? {} : { restore });

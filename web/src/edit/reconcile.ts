// The server has another version than the one that was changed: what can be joined by itself, and what a person decides.
import type { FeatureChange } from './featureChange';
import { rebaseChange, type RebaseResult } from './rebase';
import { fetchLastRevision, fetchNewest } from './editApi';

/**
 * Puts each change on top of what the server has now; `join` says whether what others did to other fields is joined without
 * asking. Null when the server does not answer.
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

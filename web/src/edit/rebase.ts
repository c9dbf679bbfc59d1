// Rebases one change onto the server's current version: it applies on top, it is already applied, or a person must
// decide.
import { changedFields, type FeatureChange, type FeatureContent } from './featureChange';
import { compareVersions, mergeVersions, type FieldDifference } from './merge';

export interface EditConflict {
  change: FeatureChange;
  /** Null when others removed the item. */
  theirs: FeatureContent | null;
  etag: string | null;
  differences: FieldDifference[];
}

export interface RebaseResult {
  /** Ready to send, based on the current versions. */
  ready: FeatureChange[];
  /** Already applied on the server, with the ETag there. */
  already: Map<string, string>;
  conflicts: EditConflict[];
}

/** Adds one change to the result; `theirs` is null where the server has no such item. */
export function rebaseChange(change: FeatureChange, theirs: FeatureContent | null, etag: string | null, join: boolean, into: RebaseResult): void {
  const { id, base, now } = change;
  if (theirs === null) {
    if (!now) into.already.set(id, '');
    else if (!base) into.ready.push(change);
    else into.conflicts.push({ change, theirs, etag, differences: compareVersions(base, now, base) });
    return;
  }
  if (now && !changedFields(now, theirs).length) {
    into.already.set(id, etag ?? '');
    return;
  }
  const was = base ?? { geometry: null, properties: {} };
  if (base && !changedFields(base, theirs).length) {
    into.ready.push({ ...change, etag });
    return;
  }
  const differences = now ? compareVersions(was, now, theirs) : compareVersions(was, was, theirs);
  const merged = join && now && base ? mergeVersions(theirs, differences, new Map()) : null;
  if (merged) into.ready.push({ id, base: theirs, now: merged, etag });
  else into.conflicts.push({ change, theirs, etag, differences });
}

// What becomes of one change, given what the server has now: it goes on top, it is there already, or a person decides.
import { changedFields, type FeatureChange, type FeatureContent } from './featureChange';
import { compareVersions, mergeVersions, type FieldDifference } from './merge';

export interface EditConflict {
  change: FeatureChange;
  /** Null when others removed it. */
  theirs: FeatureContent | null;
  etag: string | null;
  differences: FieldDifference[];
}

export interface RebaseResult {
  /** To be sent now, on top of the newest versions. */
  ready: FeatureChange[];
  /** Already so on the server, with the version it has there. */
  already: Map<string, string>;
  conflicts: EditConflict[];
}

/** Where one change belongs, given what the server has; null is nothing. */
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

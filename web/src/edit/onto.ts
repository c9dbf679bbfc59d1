// What becomes of one change, given what the server has now: it goes on top, it is there already, or a person decides.
import { differing, type Change, type Content } from './change';
import { compare, merge, type Difference } from './merge';

export interface Conflict {
  change: Change;
  /** Null when others removed it. */
  theirs: Content | null;
  etag: string | null;
  differences: Difference[];
}

export interface Reconciled {
  /** To be sent now, on top of the newest versions. */
  ready: Change[];
  /** Already so on the server, with the version it has there. */
  already: Map<string, string>;
  conflicts: Conflict[];
}

/** Where one change belongs, given what the server has; null is nothing. */
export function place(change: Change, theirs: Content | null, etag: string | null, join: boolean, into: Reconciled): void {
  const { id, base, now } = change;
  if (theirs === null) {
    if (!now) into.already.set(id, '');
    else if (!base) into.ready.push(change);
    else into.conflicts.push({ change, theirs, etag, differences: compare(base, now, base) });
    return;
  }
  if (now && !differing(now, theirs).length) {
    into.already.set(id, etag ?? '');
    return;
  }
  const was = base ?? { geometry: null, properties: {} };
  if (base && !differing(base, theirs).length) {
    into.ready.push({ ...change, etag });
    return;
  }
  const differences = now ? compare(was, now, theirs) : compare(was, was, theirs);
  const merged = join && now && base ? merge(theirs, differences, new Map()) : null;
  if (merged) into.ready.push({ id, base: theirs, now: merged, etag });
  else into.conflicts.push({ change, theirs, etag, differences });
}

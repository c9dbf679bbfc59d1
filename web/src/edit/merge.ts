// Two people changed the same thing: what each of them did to every field, and what comes of it.
import { changedFields, sameValue, fieldValue, withValue, type FeatureContent, type FieldName } from './featureChange';

export interface FieldDifference {
  field: FieldName;
  base: unknown;
  mine: unknown;
  theirs: unknown;
  /** `both` has to be decided by a person; what one side left alone is taken from the other. */
  by: 'me' | 'them' | 'both';
}

export type MergeSide = 'mine' | 'theirs';

/** Every field that either side changed. Where both wrote the same there is nothing to decide. */
export function compareVersions(base: FeatureContent, mine: FeatureContent, theirs: FeatureContent): FieldDifference[] {
  const fields = new Set([...changedFields(base, mine), ...changedFields(base, theirs)]);
  return [...fields].map((field) => {
    const [was, my, their] = [base, mine, theirs].map((content) => fieldValue(content, field));
    const [touched, taken] = [!sameValue(was, my), !sameValue(was, their)];
    return { field, base: was, mine: my, theirs: their, by: touched && taken && !sameValue(my, their) ? 'both' : taken ? 'them' : 'me' };
  });
}

/** Theirs with every field that is mine; null while a field that both changed is not decided. */
export function mergeVersions(theirs: FeatureContent, differences: FieldDifference[], choices: ReadonlyMap<FieldName, MergeSide>): FeatureContent | null {
  let merged = theirs;
  for (const { field, mine, by } of differences) {
    const side = choices.get(field) ?? (by === 'both' ? null : by === 'me' ? 'mine' : 'theirs');
    if (side === null) return null;
    if (side === 'mine') merged = withValue(merged, field, mine);
  }
  return merged;
}

// Three-way merge of an item: what each side changed in every field, and the merged version.
import { changedFields, sameValue, fieldValue, withValue, type FeatureContent, type FieldName } from './featureChange';

export interface FieldDifference {
  field: FieldName;
  base: unknown;
  mine: unknown;
  theirs: unknown;
  /** `both` needs a person's decision; otherwise the side that changed the field wins. */
  by: 'me' | 'them' | 'both';
}

export type MergeSide = 'mine' | 'theirs';

/** Compares every field that either side changed. Equal changes need no decision. */
export function compareVersions(base: FeatureContent, mine: FeatureContent, theirs: FeatureContent): FieldDifference[] {
  const fields = new Set([...changedFields(base, mine), ...changedFields(base, theirs)]);
  return [...fields].map((field) => {
    const [was, my, their] = [base, mine, theirs].map((content) => fieldValue(content, field));
    const [touched, taken] = [!sameValue(was, my), !sameValue(was, their)];
    return { field, base: was, mine: my, theirs: their, by: touched && taken && !sameValue(my, their) ? 'both' : taken ? 'them' : 'me' };
  });
}

/** Their version with my fields; null while a field that both changed is undecided. */
export function mergeVersions(theirs: FeatureContent, differences: FieldDifference[], choices: ReadonlyMap<FieldName, MergeSide>): FeatureContent | null {
  let merged = theirs;
  for (const { field, mine, by } of differences) {
    const side = choices.get(field) ?? (by === 'both' ? null : by === 'me' ? 'mine' : 'theirs');
    if (side === null) return null;
    if (side === 'mine') merged = withValue(merged, field, mine);
  }
  return merged;
}

// A collection's items as they will be once the pending changes are sent.
import type { FeatureItem } from '../api';
import type { PendingChange } from './deviceStorage';
import { collectionOf, idOf } from './featureRef';

/** `belongs` selects which of the changed items stand in this list. */
export function applyPending(
  list: readonly FeatureItem[],
  waiting: readonly PendingChange[],
  collection: string,
  belongs: (item: FeatureItem) => boolean,
): FeatureItem[] {
  const all = new Map(list.map((item) => [String(item.id), item]));
  for (const { id: ref, now } of waiting.flatMap(({ changes }) => changes)) {
    if (collectionOf(ref) !== collection) continue;
    const id = idOf(ref);
    const item: FeatureItem | null = now && { type: 'Feature', id, geometry: now.geometry, properties: now.properties };
    if (item && belongs(item)) all.set(id, item);
    else all.delete(id);
  }
  return [...all.values()];
}

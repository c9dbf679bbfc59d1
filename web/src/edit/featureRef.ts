// Refers to an item of any collection. An intervention is referred to by its id alone, any other item by its collection
// and id, separated by a character that no id contains.

export const INTERVENTIONS = 'interventions';
const SEPARATOR = '\t';

export type FeatureRef = string;

export const refOf = (collection: string, id: string): FeatureRef => (collection === INTERVENTIONS ? id : collection + SEPARATOR + id);
export const collectionOf = (ref: FeatureRef): string => (ref.includes(SEPARATOR) ? ref.slice(0, ref.indexOf(SEPARATOR)) : INTERVENTIONS);
export const idOf = (ref: FeatureRef): string => ref.slice(ref.indexOf(SEPARATOR) + 1);
export const isIntervention = (ref: FeatureRef): boolean => !ref.includes(SEPARATOR);

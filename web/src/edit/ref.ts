// What a change is about: a thing of a collection. An intervention goes by its id alone, anything else by its collection and id,
// parted by a character that no id has.

export const INTERVENTIONS = 'interventions';
const PARTED = '\t';

export type Ref = string;

export const refOf = (collection: string, id: string): Ref => (collection === INTERVENTIONS ? id : collection + PARTED + id);
export const collectionOf = (ref: Ref): string => (ref.includes(PARTED) ? ref.slice(0, ref.indexOf(PARTED)) : INTERVENTIONS);
export const idOf = (ref: Ref): string => ref.slice(ref.indexOf(PARTED) + 1);
export const isIntervention = (ref: Ref): boolean => !ref.includes(PARTED);

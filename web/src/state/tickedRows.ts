// Rows that are ticked in the table, to be changed together.
import { computed, signal } from '@preact/signals';
import { found } from '../state';

/** Ids as they were ticked; a filter may hide some of them. */
export const chosen = signal<ReadonlySet<string>>(new Set());

/** Only what is both ticked and in sight is changed. */
export const chosenInSight = computed(() => found.value.filter((one) => chosen.value.has(one.id)));

export function choose(id: string, on: boolean): void {
  const next = new Set(chosen.value);
  if (on) next.add(id);
  else next.delete(id);
  chosen.value = next;
}

export function chooseAll(on: boolean): void {
  chosen.value = new Set(on ? found.value.map((one) => one.id) : []);
}

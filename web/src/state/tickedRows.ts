// Rows ticked in the table, to be changed together.
import { computed, signal } from '@preact/signals';
import { foundInterventions } from '../state';

/** Ticked ids; a filter may hide some of them. */
export const tickedIds = signal<ReadonlySet<string>>(new Set());

/** Only interventions that are ticked and visible are changed. */
export const tickedInterventions = computed(() => foundInterventions.value.filter((one) => tickedIds.value.has(one.id)));

export function tickRow(id: string, on: boolean): void {
  const next = new Set(tickedIds.value);
  if (on) next.add(id);
  else next.delete(id);
  tickedIds.value = next;
}

export function tickAllRows(on: boolean): void {
  tickedIds.value = new Set(on ? foundInterventions.value.map((one) => one.id) : []);
}

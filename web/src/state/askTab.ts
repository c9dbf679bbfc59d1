// Actions that open the Ask tab with a query.
import { batch } from '@preact/signals';
import { startDrawing } from '../draw/drawing';
import { tab } from '../state';
import { currentQuery, setDrawnArea } from './query';

/** Starts drawing an area to see what is inside. */
export function startDrawnQuery(): void {
  batch(() => {
    currentQuery.value = { ...currentQuery.value, question: 'inside', area: '' };
    tab.value = 'ask';
    startDrawing('polygon', setDrawnArea);
  });
}

/** Searches interventions similar to one. */
export function findSimilar(id: string): void {
  batch(() => {
    currentQuery.value = { ...currentQuery.value, question: 'similar', options: { ...currentQuery.value.options, id } };
    tab.value = 'ask';
  });
}

// Which questions the server can answer.
import { signal } from '@preact/signals';
import { address } from '../api';
import { QUESTIONS, type QuestionId } from './spatialQuery';

export const availableQuestions = signal<ReadonlySet<QuestionId>>(new Set());

export async function loadAvailableQuestions(): Promise<void> {
  if (availableQuestions.value.size) return;
  const response = await fetch(address('api/processes?f=json')).catch(() => null);
  if (!response?.ok) return;
  const { processes } = (await response.json()) as { processes: { id: string }[] };
  const known = new Set(processes.map(({ id }) => id));
  availableQuestions.value = new Set(QUESTIONS.filter((id) => known.has(id)));
}

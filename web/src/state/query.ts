// What is asked and what the map shows of the answer. The answer itself belongs to the Ask tab, which is loaded when opened.
import { batch, computed, signal } from '@preact/signals';
import type { FeatureCollection, Geometry, Position } from 'geojson';
import { parseQuery, parseSubjects, type SpatialQuery, type QuestionId, type CompareSubject } from '../ask/spatialQuery';

const params = new URLSearchParams(location.search);

export const currentQuery = signal<SpatialQuery>(parseQuery(params));
export const comparedSubjects = signal<CompareSubject[]>(parseSubjects(params));
/** The drawn area while it is being dragged; it is not yet in the address. */
export const draggedArea = signal<Geometry | null>(null);
/** What is really asked now. */
export const liveQuery = computed<SpatialQuery>(() => (draggedArea.value ? { ...currentQuery.value, area: '', shape: draggedArea.value } : currentQuery.value));

/** What the map shows of question and answer; features say in `role` what they are. */
export interface AnswerOverlay {
  /** Drawn area, radius, place: `area`, `place`. Of the answer: `shade`, `pair`, `found`. */
  shapes: FeatureCollection;
  /** Interventions of the answer, to be outlined. */
  ids: string[];
}

export const EMPTY_OVERLAY: AnswerOverlay = { shapes: { type: 'FeatureCollection', features: [] }, ids: [] };
export const answerOverlay = signal<AnswerOverlay>(EMPTY_OVERLAY);

export function selectQuestion(question: QuestionId): void {
  currentQuery.value = { ...currentQuery.value, question };
}

export function setQueryArea(area: string): void {
  currentQuery.value = { ...currentQuery.value, area };
}

/** Told by the drawing: the answer follows the hand, the address only where it rests. */
export function setDrawnArea(shape: Geometry, settled: boolean): void {
  batch(() => {
    draggedArea.value = settled ? null : shape;
    if (settled) currentQuery.value = { ...currentQuery.value, area: '', shape };
  });
}

export function setQueryPoint(point: Position): void {
  currentQuery.value = { ...currentQuery.value, point };
}

export function setQueryOption(name: string, value: string): void {
  currentQuery.value = { ...currentQuery.value, options: { ...currentQuery.value.options, [name]: value } };
}

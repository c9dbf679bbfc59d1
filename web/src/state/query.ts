// The current query, and what the map shows of its answer. The answer itself belongs to the Ask tab, which loads when
// it is opened.
import { batch, computed, signal } from '@preact/signals';
import type { FeatureCollection, Geometry, Position } from 'geojson';
import { parseQuery, parseSubjects, type SpatialQuery, type QuestionId, type CompareSubject } from '../ask/spatialQuery';

const params = new URLSearchParams(location.search);

export const currentQuery = signal<SpatialQuery>(parseQuery(params));
export const comparedSubjects = signal<CompareSubject[]>(parseSubjects(params));
/** The drawn area while it is dragged; it is not yet in the address. */
export const draggedArea = signal<Geometry | null>(null);
/** The query including the dragged area. */
export const liveQuery = computed<SpatialQuery>(() => (draggedArea.value ? { ...currentQuery.value, area: '', shape: draggedArea.value } : currentQuery.value));

/** The map overlay of query and answer; `role` states what a feature is. */
export interface AnswerOverlay {
  /** Of the query: `area`, `radius`, `place`. Of the answer: `shade`, `pair`, `found`. */
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

/** Receives the drawing: the answer follows every move, the address only settled shapes. */
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

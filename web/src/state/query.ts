// What is asked and what the map shows of the answer. The answer itself belongs to the Ask tab, which is loaded when opened.
import { batch, computed, signal } from '@preact/signals';
import type { FeatureCollection, Geometry, Position } from 'geojson';
import { draw } from '../draw/drawing';
import { tab } from '../state';
import { parseAsked, parseSubjects, type SpatialQuery, type QuestionId, type CompareSubject } from '../ask/spatialQuery';

const query = new URLSearchParams(location.search);

export const asked = signal<SpatialQuery>(parseAsked(query));
export const compared = signal<CompareSubject[]>(parseSubjects(query));
/** The drawn area while it is being dragged; it is not yet in the address. */
export const dragged = signal<Geometry | null>(null);
/** What is really asked now. */
export const asking = computed<SpatialQuery>(() => (dragged.value ? { ...asked.value, area: '', shape: dragged.value } : asked.value));

/** What the map shows of question and answer; features say in `role` what they are. */
export interface AnswerOverlay {
  /** Drawn area, radius, place: `area`, `place`. Of the answer: `shade`, `pair`, `found`. */
  shapes: FeatureCollection;
  /** Interventions of the answer, to be outlined. */
  ids: string[];
}

export const NOTHING_ON_MAP: AnswerOverlay = { shapes: { type: 'FeatureCollection', features: [] }, ids: [] };
export const onMap = signal<AnswerOverlay>(NOTHING_ON_MAP);

export function ask(question: QuestionId): void {
  asked.value = { ...asked.value, question };
}

export function askIn(area: string): void {
  asked.value = { ...asked.value, area };
}

/** Told by the drawing: the answer follows the hand, the address only where it rests. */
export function askDrawn(shape: Geometry, settled: boolean): void {
  batch(() => {
    dragged.value = settled ? null : shape;
    if (settled) asked.value = { ...asked.value, area: '', shape };
  });
}

export function askAt(point: Position): void {
  asked.value = { ...asked.value, point };
}

export function setOption(name: string, value: string): void {
  asked.value = { ...asked.value, options: { ...asked.value.options, [name]: value } };
}

/** Begins with drawing: the question is what is inside. */
export function drawQuestion(): void {
  batch(() => {
    asked.value = { ...asked.value, question: 'inside', area: '' };
    tab.value = 'ask';
    draw('polygon', askDrawn);
  });
}

/** Who does something like this one? */
export function askLike(id: string): void {
  batch(() => {
    asked.value = { ...asked.value, question: 'similar', options: { ...asked.value.options, id } };
    tab.value = 'ask';
  });
}

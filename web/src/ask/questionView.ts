// What every question's view is: a title, the answer in one sentence, and what is shown below.
import type { ComponentChildren } from 'preact';
import type { QueryResult } from './execution';

/** How one question's answer is said and shown. */
export interface QuestionView {
  title: (now: QueryResult) => string;
  /** The answer in one sentence, also said aloud. */
  sentence: (now: QueryResult) => string;
  body: (now: QueryResult) => ComponentChildren;
}

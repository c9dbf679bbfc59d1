// The interface of a question's view: title, answer in one sentence, body.
import type { ComponentChildren } from 'preact';
import type { QueryResult } from './execution';

/** How one question's answer is shown. */
export interface QuestionView {
  title: (now: QueryResult) => string;
  /** The answer in one sentence, also announced. */
  sentence: (now: QueryResult) => string;
  body: (now: QueryResult) => ComponentChildren;
}

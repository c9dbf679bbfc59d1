// What every question's view is: a title, the answer in one sentence, and what is shown below.
import type { ComponentChildren } from 'preact';
import type { Answered } from './asker';

/** How one question's answer is said and shown. */
export interface View {
  title: (now: Answered) => string;
  /** The answer in one sentence, also said aloud. */
  sentence: (now: Answered) => string;
  body: (now: Answered) => ComponentChildren;
}

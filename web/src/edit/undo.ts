// What was done and what was taken back, as a value.

export interface Steps<T> {
  done: readonly T[];
  undone: readonly T[];
}

const KEPT = 100;

export const NO_STEPS: Steps<never> = { done: [], undone: [] };

/** A new step ends the way to what was taken back before. */
export function did<T>(steps: Steps<T>, step: T): Steps<T> {
  return { done: [...steps.done, step].slice(-KEPT), undone: [] };
}

/** Moves the last step to what can be done again, as `step`: its inverse may have got another version. */
export function undid<T>({ done, undone }: Steps<T>, step: T): Steps<T> {
  return { done: done.slice(0, -1), undone: [...undone, step] };
}

export function redid<T>({ done, undone }: Steps<T>, step: T): Steps<T> {
  return { done: [...done, step], undone: undone.slice(0, -1) };
}

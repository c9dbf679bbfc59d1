// Undo and redo steps, as a value.

export interface UndoSteps<T> {
  done: readonly T[];
  undone: readonly T[];
}

const MAX_STEPS = 100;

export const NO_STEPS: UndoSteps<never> = { done: [], undone: [] };

/** A new step clears the redo steps. */
export function addStep<T>(steps: UndoSteps<T>, step: T): UndoSteps<T> {
  return { done: [...steps.done, step].slice(-MAX_STEPS), undone: [] };
}

/** Moves the last step to the redo steps as `step`: its inverse may have a new version. */
export function undoStep<T>({ done, undone }: UndoSteps<T>, step: T): UndoSteps<T> {
  return { done: done.slice(0, -1), undone: [...undone, step] };
}

export function redoStep<T>({ done, undone }: UndoSteps<T>, step: T): UndoSteps<T> {
  return { done: [...done, step], undone: undone.slice(0, -1) };
}

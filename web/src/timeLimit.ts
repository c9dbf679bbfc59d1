// Waits with a time limit.

/** Returns the result of the work, or rejects after the limit with what `reason` says is missing. */
export function withTimeLimit<T>(work: Promise<T>, limitMs: number, reason: () => string): Promise<T> {
  return new Promise((settle, fail) => {
    const timer = setTimeout(() => fail(new Error(`${reason()} (after ${limitMs / 1000} s)`)), limitMs);
    work.then(settle, fail).finally(() => clearTimeout(timer));
  });
}

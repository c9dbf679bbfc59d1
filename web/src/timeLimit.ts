// Waiting that ends: what does not come in time fails with what was waited for.

/** The work's own result, or an error once the time is over; `reason` says then what is still missing. */
export function withTimeLimit<T>(work: Promise<T>, limitMs: number, reason: () => string): Promise<T> {
  return new Promise((settle, fail) => {
    const timer = setTimeout(() => fail(new Error(`${reason()} (after ${limitMs / 1000} s)`)), limitMs);
    work.then(settle, fail).finally(() => clearTimeout(timer));
  });
}

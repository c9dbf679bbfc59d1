// Nothing in a test is waited for without a limit; what did not come in time is named.

/** Settles as `promise` does, or fails after so many seconds with what was waited for. */
export async function limited(seconds, promise, what) {
  let timer;
  const late = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error(`Waited ${seconds} s in vain for ${what()}.`)), seconds * 1000);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** `fetch` with a limit. */
export const request = (url, options) => limited(30, fetch(url, { signal: AbortSignal.timeout(31_000), ...options }), () => `an answer from ${url}`);

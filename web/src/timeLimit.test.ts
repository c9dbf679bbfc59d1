import { afterEach, expect, test, vi } from 'vitest';
import { withTimeLimit } from './timeLimit';

afterEach(() => vi.useRealTimers());

test('what comes in time is passed on, and so is its error', async () => {
  expect(await withTimeLimit(Promise.resolve(1), 1000, () => 'late')).toBe(1);
  await expect(withTimeLimit(Promise.reject(new Error('own')), 1000, () => 'late')).rejects.toThrow('own');
});

test('what never comes fails with what was waited for at the end of the time', async () => {
  vi.useFakeTimers();
  let missing = 'all tiles';
  const wait = withTimeLimit(new Promise(() => {}), 2000, () => `The map waits for ${missing}`);
  const failure = expect(wait).rejects.toThrow('The map waits for one tile (after 2 s)');
  await vi.advanceTimersByTimeAsync(1999);
  missing = 'one tile';
  await vi.advanceTimersByTimeAsync(1);
  await failure;
});

// Defers parts of the page to a later task, because the first rendering of a plan is long.
import { useEffect, useState } from 'preact/hooks';
import { yieldToBrowser } from '../yieldToBrowser';

/** False on the first rendering, true in a later task. */
export function useDeferred(): boolean {
  const [now, set] = useState(false);
  useEffect(() => {
    let here = true;
    void yieldToBrowser().then(() => here && set(true));
    return () => {
      here = false;
    };
  }, []);
  return now;
}

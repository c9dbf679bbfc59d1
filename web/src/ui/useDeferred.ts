// Parts of the page that come in a task of their own: the first showing of a plan is much at once.
import { useEffect, useState } from 'preact/hooks';
import { yieldToBrowser } from '../yieldToBrowser';

/** False at first, true in a later task. */
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

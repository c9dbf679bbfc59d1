// The sign of a group of statuses, as on the map.
import { SIGNS, type Group } from '../signs';

export function Sign({ group, size = 16 }: { group: Group; size?: number }) {
  const { shape, tick } = SIGNS[group];
  return (
    <svg class={`sign sign-${group}`} viewBox="0 0 16 16" width={size} height={size} aria-hidden="true">
      <path class="shape" d={shape} />
      {tick && <path class="tick" d={tick} />}
    </svg>
  );
}

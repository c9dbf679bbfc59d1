// The sign of a group of statuses or of another kind, as on the map.
import { signOf, type StatusGroup, type SymbolId } from '../symbology';

export function Sign({ group, size = 16 }: { group: StatusGroup; size?: number }) {
  return <MarkSign mark={`status-${group}`} size={size} />;
}

export function MarkSign({ mark, size = 16 }: { mark: SymbolId; size?: number }) {
  const { shape, tick } = signOf(mark);
  return (
    <svg class="sign" style={{ color: `var(--${mark})` }} viewBox="0 0 16 16" width={size} height={size} aria-hidden="true">
      <path class="shape" d={shape} />
      {tick && <path class="tick" d={tick} />}
    </svg>
  );
}

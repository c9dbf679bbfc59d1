// The symbol of a status group or another kind, as on the map.
import { symbolOf, type StatusGroup, type SymbolId } from '../symbology';

export function StatusSymbol({ group, size = 16 }: { group: StatusGroup; size?: number }) {
  return <MapSymbol mark={`status-${group}`} size={size} />;
}

export function MapSymbol({ mark, size = 16 }: { mark: SymbolId; size?: number }) {
  const { shape, tick } = symbolOf(mark);
  return (
    <svg class="sign" style={{ color: `var(--${mark})` }} viewBox="0 0 16 16" width={size} height={size} aria-hidden="true">
      <path class="shape" d={shape} />
      {tick && <path class="tick" d={tick} />}
    </svg>
  );
}

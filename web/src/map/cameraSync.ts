// Two cameras moved together. Over one city both maps show the same place; over two cities each shows the same distance
// from its city's centre, at the same ground scale.
import type { Map as MapView } from 'maplibre-gl';
import type { Position } from 'geojson';

/**
 * Synchronises the cameras. `middles` are the lonlat centres of the two cities, or null for the same place. Returns the
 * function that stops it.
 */
export function syncCameras(one: MapView, other: MapView, middles: [Position, Position] | null): () => void {
  let busy = false;
  const follow = (from: MapView, to: MapView, [a, b]: [Position, Position]) => {
    if (busy) return;
    busy = true;
    to.jumpTo(correspondingCamera(from, a, b));
    busy = false;
  };
  const same: [Position, Position] = [
    [0, 0],
    [0, 0],
  ];
  const [a, b] = middles ?? same;
  const forth = () => follow(one, other, [a, b]);
  const back = () => follow(other, one, [b, a]);
  one.on('move', forth);
  other.on('move', back);
  forth();
  return () => {
    one.off('move', forth);
    other.off('move', back);
  };
}

function correspondingCamera(from: MapView, a: Position, b: Position): { center: [number, number]; zoom: number } {
  const { lng, lat } = from.getCenter();
  const zoom = from.getZoom();
  if (a[0] === b[0] && a[1] === b[1]) return { center: [lng, lat], zoom };
  const narrow = (degrees: number) => Math.cos((degrees * Math.PI) / 180);
  const toLat = b[1]! + (lat - a[1]!);
  const toLon = b[0]! + ((lng - a[0]!) * narrow(lat)) / narrow(toLat);
  return { center: [toLon, toLat], zoom: zoom + Math.log2(narrow(toLat) / narrow(lat)) };
}

// Snapping: a corner moves to a near corner of an outline or street, else to the nearest point of an edge. Shapes that
// the page holds are exact; shapes from tiles are as exact as the tile draws them.
import type { Geometry, Position } from 'geojson';
import type { Map as MapView } from 'maplibre-gl';
import { boundingBox } from '../geometry';
import { plan, selected } from '../state';
import { nearestPosition } from './nearest';

/** Snapping distance in pixels. */
const REACH_PX = 12;
/** Tile layers whose features the page does not hold. */
const TILE_ONLY_LAYERS = ['segments', 'facilities'];

export function snapPosition(map: MapView, hand: Position): Position | undefined {
  const { x, y } = map.project([hand[0]!, hand[1]!]);
  const [west, north] = map.unproject([x - REACH_PX, y - REACH_PX]).toArray();
  const [east, south] = map.unproject([x + REACH_PX, y + REACH_PX]).toArray();
  const near = (geometry: Geometry | null) => {
    const box = boundingBox(geometry);
    return box !== null && box[0] <= east && box[2] >= west && box[1] <= north && box[3] >= south;
  };
  const held = [...(plan.value?.areas ?? []), ...(plan.value?.interventions ?? []).filter(({ id }) => id !== selected.value)];
  const layers = map
    .getStyle()
    .layers.flatMap((layer) => ('source-layer' in layer && TILE_ONLY_LAYERS.includes(String(layer['source-layer'])) ? [layer.id] : []));
  const drawn = map.queryRenderedFeatures(
    [
      [x - REACH_PX, y - REACH_PX],
      [x + REACH_PX, y + REACH_PX],
    ],
    { layers },
  );
  const shapes = [...held.flatMap(({ geometry }) => (near(geometry) ? [geometry!] : [])), ...drawn.map(({ geometry }) => geometry as Geometry)];
  return nearestPosition(shapes, [x, y], (at) => map.project([at[0]!, at[1]!]), REACH_PX);
}

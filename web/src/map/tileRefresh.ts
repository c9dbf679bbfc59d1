// Refreshes only the tiles that an edit touched: those under its bounding box, visible or cached.
import type { Map as MapView } from 'maplibre-gl';
import type { ChangedArea } from '../state/planChanges';

/** Symbols and wide lines extend over the edge of a tile; the server's tiles have this buffer, as a share of a tile. */
const BUFFER = 0.0625;

export function refreshTiles(map: MapView, { collection, box }: ChangedArea): void {
  for (const [id, manager] of Object.entries(map.style.tileManagers)) {
    const source = manager.getSource() as { type: string; tiles?: string[] };
    if (source.type !== 'vector' || !source.tiles?.some((address) => drawsCollection(address, collection))) continue;
    const under = ({ x, y, z }: { x: number; y: number; z: number }) => tileMeetsBox(x, y, z, box);
    manager._outOfViewCache.filter(({ tileID }) => !under(tileID.canonical));
    const tiles = manager
      .getIds()
      .flatMap((key) => manager.getTileByID(key)?.tileID.canonical ?? [])
      .filter(under);
    map.refreshTiles(id, tiles);
    // A tile in transit may have left the server before the edit.
    if (!map.isSourceLoaded(id)) map.once('idle', () => map.getSource(id) && map.refreshTiles(id, tiles));
  }
}

/** Whether a tile address such as `…/tiles/areas,interventions/{z}/{x}/{y}.mvt?…` draws a collection. */
function drawsCollection(address: string, collection: string): boolean {
  return (/\/tiles\/([^/]+)\//.exec(address)?.[1] ?? '').split(',').includes(collection);
}

/** Whether a tile with its buffer intersects a box in degrees. */
export function tileMeetsBox(x: number, y: number, z: number, [west, south, east, north]: ChangedArea['box']): boolean {
  const tiles = 2 ** z;
  const column = (lon: number) => ((lon + 180) / 360) * tiles;
  const row = (lat: number) => ((1 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / Math.PI) / 2) * tiles;
  return column(east) >= x - BUFFER && column(west) <= x + 1 + BUFFER && row(south) >= y - BUFFER && row(north) <= y + 1 + BUFFER;
}

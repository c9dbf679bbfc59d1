// Reads every vector tile of a folder with the reference decoder and prints what it found: file → layer → id →
// [positions, sum of x + 3y].
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { VectorTile } from '../../web/node_modules/@mapbox/vector-tile/index.js';
import { PbfReader } from '../../web/node_modules/pbf/index.js';

const folder = process.argv[2];
const found = {};
for (const name of readdirSync(folder)) {
  const tile = new VectorTile(new PbfReader(readFileSync(join(folder, name))));
  found[name] = {};
  for (const [key, layer] of Object.entries(tile.layers)) {
    const features = (found[name][key] = {});
    for (let i = 0; i < layer.length; i++) {
      const feature = layer.feature(i);
      const positions = feature.loadGeometry().flat();
      features[feature.properties.id] = [positions.length, positions.reduce((sum, p) => sum + p.x + 3 * p.y, 0)];
    }
  }
}
console.log(JSON.stringify(found));

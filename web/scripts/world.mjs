// Writes the world layer for small scales: dist/world/{land,countries,places}.geojson. Land and countries are Natural
// Earth 1:10m from the package world-atlas, simplified for zoom 8; places are our own.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { feature } from 'topojson-client';

const EUROPE = [-25, 33, 45, 72]; // west, south, east, north: fine here, coarse elsewhere
const FINE_DEG = 0.006; // about two pixels at zoom 8
const COARSE_DEG = 0.06;
const SMALLEST_DEG2 = 0.0006; // islands under about 2 × 3 km are left out

const require = createRequire(import.meta.url);
const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const atlas = JSON.parse(readFileSync(require.resolve('world-atlas/countries-10m.json'), 'utf8'));
const light = withLighterArcs(atlas);
const countries = feature(light, light.objects.countries).features.map(cleaned).filter(Boolean);

write('countries', countries);
write(
  'land',
  countries.map((country) => ({ ...country, properties: {} })),
); // in pieces: small rings draw faster than continents

const ours = JSON.parse(readFileSync(here('../../geodata/world/places.json'), 'utf8'));
const point = ({ name, lon, lat }, rank) => ({
  type: 'Feature',
  properties: { name, rank },
  geometry: { type: 'Point', coordinates: [lon, lat] },
});
// Rank 0 is a country, 1 a capital, 2 another large city.
write('places', [...ours.countries.map((one) => point(one, 0)), ...ours.places.map((one) => point(one, one.rank + 1))]);

function write(name, features) {
  const directory = here('../dist/world/');
  mkdirSync(directory, { recursive: true });
  const text = JSON.stringify({ type: 'FeatureCollection', features });
  writeFileSync(`${directory}${name}.geojson`, text);
  console.log(`dist/world/${name}.geojson  ${(text.length / 1e6).toFixed(2)} MB`);
}

/** Neighbours share border arcs, so they still meet when each arc is simplified once. */
function withLighterArcs({ transform, arcs, ...rest }) {
  const { scale, translate } = transform;
  const decode = (arc) => {
    let [x, y] = [0, 0];
    return arc.map(([dx, dy]) => {
      [x, y] = [x + dx, y + dy];
      return [x * scale[0] + translate[0], y * scale[1] + translate[1]];
    });
  };
  return { ...rest, arcs: arcs.map((arc) => lighter(decode(arc)).map(([lon, lat]) => [round(lon), round(lat)])) };
}

function round(degrees) {
  return Math.round(degrees * 1000) / 1000;
}

/** Douglas and Peucker 1973, with the ends of the arc kept. A closed arc keeps its farthest point too. */
function lighter(line) {
  const tolerance = line.some(inEurope) ? FINE_DEG : COARSE_DEG;
  const keep = new Uint8Array(line.length);
  keep[0] = keep[line.length - 1] = 1;
  const stack = [[0, line.length - 1]];
  while (stack.length) {
    const [first, last] = stack.pop();
    let [worst, at] = [tolerance, -1];
    for (let i = first + 1; i < last; i++) {
      const distance = offLine(line[i], line[first], line[last]);
      if (distance > worst) [worst, at] = [distance, i];
    }
    if (at < 0) continue;
    keep[at] = 1;
    stack.push([first, at], [at, last]);
  }
  return line.filter((_, i) => keep[i]);
}

function inEurope([lon, lat]) {
  return lon >= EUROPE[0] && lon <= EUROPE[2] && lat >= EUROPE[1] && lat <= EUROPE[3];
}

function offLine([x, y], [ax, ay], [bx, by]) {
  const squeeze = Math.cos((y * Math.PI) / 180); // a degree of longitude is shorter in the north
  const [px, py, dx, dy] = [(x - ax) * squeeze, y - ay, (bx - ax) * squeeze, by - ay];
  const length2 = dx * dx + dy * dy;
  const t = length2 ? Math.max(0, Math.min(1, (px * dx + py * dy) / length2)) : 0;
  return Math.hypot(px - t * dx, py - t * dy);
}

/** Drops rings that collapsed or are too small to be seen; null where nothing is left. */
function cleaned({ geometry, properties }) {
  const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
  const visible = polygons
    .map((rings) => rings.filter((ring) => ring.length >= 4 && area(ring) > SMALLEST_DEG2))
    .filter((rings, i) => rings.length && rings[0] === polygons[i][0]);
  return visible.length
    ? { type: 'Feature', properties: { name: properties.name }, geometry: { type: 'MultiPolygon', coordinates: visible.map(wound) } }
    : null;
}

function signedArea(ring) {
  let sum = 0;
  for (let i = 1; i < ring.length; i++) sum += ring[i - 1][0] * ring[i][1] - ring[i][0] * ring[i - 1][1];
  return sum / 2;
}

function area(ring) {
  return Math.abs(signedArea(ring));
}

/** Outer rings anticlockwise, holes clockwise (RFC 7946). */
function wound(rings) {
  return rings.map((ring, i) => (signedArea(ring) > 0 === (i === 0) ? ring : ring.toReversed()));
}

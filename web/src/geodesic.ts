// Lengths and areas on the WGS 84 ellipsoid, over any distance. Positions are lonlat degrees; results are metres and
// square metres.
import type { Position } from 'geojson';

const A = 6378137;
const F = 1 / 298.257223563;
const B = A * (1 - F);
const E2 = F * (2 - F);
const RAD = Math.PI / 180;
const MOST_ROUNDS = 200;

/**
 * Geodesic distance after Vincenty 1975 (inverse). Nearly antipodal points, for which the iteration does not converge,
 * are measured on a sphere.
 */
export function geodesicDistance([lon1 = 0, lat1 = 0]: Position, [lon2 = 0, lat2 = 0]: Position): number {
  const L = (lon2 - lon1) * RAD;
  const u1 = Math.atan((1 - F) * Math.tan(lat1 * RAD));
  const u2 = Math.atan((1 - F) * Math.tan(lat2 * RAD));
  const [s1, c1, s2, c2] = [Math.sin(u1), Math.cos(u1), Math.sin(u2), Math.cos(u2)];
  let lambda = L;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const [sl, cl] = [Math.sin(lambda), Math.cos(lambda)];
    const sinSigma = Math.hypot(c2 * sl, c1 * s2 - s1 * c2 * cl);
    if (sinSigma === 0) return 0;
    const cosSigma = s1 * s2 + c1 * c2 * cl;
    const sigma = Math.atan2(sinSigma, cosSigma);
    const sinAlpha = (c1 * c2 * sl) / sinSigma;
    const cos2Alpha = 1 - sinAlpha ** 2;
    const cos2m = cos2Alpha ? cosSigma - (2 * s1 * s2) / cos2Alpha : 0;
    const C = (F / 16) * cos2Alpha * (4 + F * (4 - 3 * cos2Alpha));
    const before = lambda;
    lambda = L + (1 - C) * F * sinAlpha * (sigma + C * sinSigma * (cos2m + C * cosSigma * (2 * cos2m ** 2 - 1)));
    if (Math.abs(lambda - before) > 1e-12) continue;
    const k = (cos2Alpha * (A ** 2 - B ** 2)) / B ** 2;
    const bigA = 1 + (k / 16384) * (4096 + k * (k * (320 - 175 * k) - 768));
    const bigB = (k / 1024) * (256 + k * (k * (74 - 47 * k) - 128));
    const rest = (bigB / 6) * cos2m * (4 * sinSigma ** 2 - 3) * (4 * cos2m ** 2 - 3);
    const delta = bigB * sinSigma * (cos2m + (bigB / 4) * (cosSigma * (2 * cos2m ** 2 - 1) - rest));
    return B * bigA * (sigma - delta);
  }
  const [p1, p2] = [lat1 * RAD, lat2 * RAD];
  return RADIUS * Math.acos(Math.max(-1, Math.min(1, Math.sin(p1) * Math.sin(p2) + Math.cos(p1) * Math.cos(p2) * Math.cos(L))));
}

export function geodesicLength(line: Position[]): number {
  return line.slice(1).reduce((sum, at, i) => sum + geodesicDistance(line[i]!, at), 0);
}

/** Area of a ring bounded by great circles, on the authalic sphere (Snyder 1987, 3-11 to 3-13). */
export function geodesicArea(ring: Position[]): number {
  let excess = 0;
  for (let i = 0; i < ring.length; i++) {
    const [[lon1 = 0, lat1 = 0], [lon2 = 0, lat2 = 0]] = [ring[i]!, ring[(i + 1) % ring.length]!];
    const step = ((((lon2 - lon1 + 540) % 360) + 360) % 360) - 180;
    const [t1, t2] = [Math.tan(authalic(lat1) / 2), Math.tan(authalic(lat2) / 2)];
    excess += 2 * Math.atan2(Math.tan((step * RAD) / 2) * (t1 + t2), 1 + t1 * t2);
  }
  return Math.abs(excess) * RADIUS ** 2;
}

function q(sine: number): number {
  const e = Math.sqrt(E2);
  return (1 - E2) * (sine / (1 - E2 * sine ** 2) - Math.log((1 - e * sine) / (1 + e * sine)) / (2 * e));
}

const POLE = q(1);
/** Radius of the authalic sphere: its surface equals that of the ellipsoid. */
const RADIUS = A * Math.sqrt(POLE / 2);

function authalic(lat: number): number {
  return Math.asin(Math.max(-1, Math.min(1, q(Math.sin(lat * RAD)) / POLE)));
}

// Against GeographicLib 2.0 (Karney 2013), whose figures stand here.
import { expect, test } from 'vitest';
import { geodesicArea, geodesicLength, geodesicDistance } from './geodesic';

test('lengths are those of GeographicLib to a millimetre', () => {
  const known: [number, number, number, number, number][] = [
    [46.23, 15.26, 46.235, 15.27, 950.7475594],
    [48.85, 2.35, 37.98, 23.73, 2099289.9863167],
    [60, -30, -20, 150, 15562224.8933066],
    [0, 0, 0, 1, 111319.4907933],
  ];
  for (const [lat1, lon1, lat2, lon2, expected] of known) expect(Math.abs(geodesicDistance([lon1, lat1], [lon2, lat2]) - expected)).toBeLessThan(0.001);
});

test('areas of a city are those of GeographicLib to a thousandth, and of a land to a hundredth', () => {
  const block = [
    [15.26, 46.23],
    [15.27, 46.23],
    [15.27, 46.24],
    [15.26, 46.24],
  ];
  expect(Math.abs(geodesicArea(block) / 857397.8122463 - 1)).toBeLessThan(1e-3);
  expect(geodesicLength([...block, block[0]!])).toBeCloseTo(3765.812, 2);
  expect(
    Math.abs(
      geodesicArea([
        [0, 40],
        [10, 40],
        [10, 50],
        [0, 50],
      ]) /
        874001606082.696 -
        1,
    ),
  ).toBeLessThan(1e-2);
  expect(
    Math.abs(
      geodesicArea([
        [0, 0],
        [1, 0],
        [1, 1],
        [0, 1],
      ]) /
        12308778361.469 -
        1,
    ),
  ).toBeLessThan(1e-3);
});

test('a closed ring is as large as an open one, whichever way round', () => {
  const ring = [
    [15.26, 46.23],
    [15.27, 46.23],
    [15.27, 46.24],
  ];
  expect(geodesicArea([...ring, ring[0]!])).toBeCloseTo(geodesicArea(ring), 6);
  expect(geodesicArea(ring.toReversed())).toBeCloseTo(geodesicArea(ring), 6);
});

test('the same place is no way, and nothing is opposite to nothing', () => {
  expect(geodesicDistance([5, 5], [5, 5])).toBe(0);
  expect(geodesicDistance([0, 0], [179.9, 0.1])).toBeGreaterThan(19.9e6);
});

import { describe, expect, test } from 'vitest';
import { canReshape } from './drawing';
import { crossesItself, readPosition, readShape, shapeOf, writeShape } from './coordinates';
import { planarArea, circlePolygon, metresBetween, simplifyLine } from './measure';

describe('a place as text', () => {
  test.each([
    ['46.23, 15.265', [15.265, 46.23]],
    ['46.23 15.265', [15.265, 46.23]],
    ['46.23,15.265', [15.265, 46.23]],
    ['46,23 15,265', [15.265, 46.23]],
    ['15.265E 46.23N', [15.265, 46.23]],
    ['N 46.23 E 15.265', [15.265, 46.23]],
    ['54.27, -8.47', [-8.47, 54.27]],
    ['54.27N 8.47W', [-8.47, 54.27]],
    ['120.5, 10', [120.5, 10]],
  ])('%s', (text, at) => expect(readPosition(text)).toEqual(at));

  test('degrees may have minutes and seconds', () => {
    const [lon, lat] = readPosition(`46°13'48"N 15°15'54"E`)!;
    expect(lat).toBeCloseTo(46.23, 6);
    expect(lon).toBeCloseTo(15.265, 6);
  });

  test('one number, or three, is no place', () => {
    expect(readPosition('46.23')).toBeNull();
    expect(readPosition('46.23, 15.2, 300')).toBeNull();
    expect(readPosition('town hall')).toBeNull();
  });
});

describe('a shape as text', () => {
  const square = '46.22, 15.26\n46.23, 15.26\n46.23, 15.27\n46.22, 15.27';

  test('a ring is closed, whether its first corner is said again or not', () => {
    const once = readShape(square, 'polygon').shape;
    expect(once).toEqual(readShape(`${square}\n46.22, 15.26\n`, 'polygon').shape);
    expect(once).toMatchObject({ type: 'Polygon', coordinates: [expect.objectContaining({ length: 5 })] });
  });

  test('what is written reads back', () => {
    const shape = readShape(square, 'polygon').shape!;
    expect(readShape(writeShape(shape), 'polygon').shape).toEqual(shape);
    const hole = {
      type: 'Polygon' as const,
      coordinates: [
        [
          [0, 0],
          [3, 0],
          [3, 3],
          [0, 0],
        ],
        [
          [1, 0.5],
          [2, 0.5],
          [2, 1],
          [1, 0.5],
        ],
      ],
    };
    expect(readShape(writeShape(hole), 'polygon').shape).toEqual(hole);
  });

  test('a fault names its line', () => {
    expect(readShape('46.22, 15.26\nover there', 'line').fault).toEqual({ kind: 'unread', line: 2 });
    expect(readShape('46.22, 15.26\n\n89, 15', 'line').fault).toEqual({ kind: 'range', line: 3 });
    expect(readShape('46.22, 15.26', 'line').fault).toMatchObject({ kind: 'few' });
    expect(readShape('{"type":"Point","coordinates":[1,2]}', 'polygon').fault).toMatchObject({ kind: 'unread' });
  });

  test('an outline that runs over itself is refused', () => {
    expect(
      shapeOf(
        [
          [0, 0],
          [1, 1],
          [1, 0],
          [0, 1],
        ],
        'polygon',
      ).fault,
    ).toMatchObject({ kind: 'crossing' });
    expect(
      crossesItself([
        [0, 0],
        [1, 0],
        [1, 1],
        [0, 1],
      ]),
    ).toBe(false);
  });
});

test('only shapes whose every corner can be shown are reshaped', () => {
  expect(
    canReshape({
      type: 'Polygon',
      coordinates: [
        [
          [0, 0],
          [1, 0],
          [1, 1],
          [0, 0],
        ],
      ],
    }),
  ).toBe(true);
  expect(
    canReshape({
      type: 'Polygon',
      coordinates: [
        [
          [0, 0],
          [9, 0],
          [9, 9],
          [0, 0],
        ],
        [
          [2, 1],
          [3, 1],
          [3, 2],
          [2, 1],
        ],
      ],
    }),
  ).toBe(false);
  expect(canReshape({ type: 'GeometryCollection', geometries: [] })).toBe(false);
  expect(canReshape(null)).toBe(false);
});

describe('metres', () => {
  // GeographicLib, GeodSolve -i, WGS 84: 0.01 degrees east and north of 46.23 N, 15.265 E.
  test('distances agree with the geodesic to a thousandth', () => {
    expect(metresBetween([15.265, 46.23], [15.275, 46.23]) / 771.417).toBeCloseTo(1, 3);
    expect(metresBetween([15.265, 46.23], [15.265, 46.24]) / 1111.559).toBeCloseTo(1, 3);
  });

  test('a circle has its area and its radius', () => {
    const shape = circlePolygon([15.265, 46.23], 200, 256);
    expect(planarArea(shape) / (Math.PI * 200 ** 2)).toBeCloseTo(1, 3);
    const ring = shape.type === 'Polygon' ? shape.coordinates[0]! : [];
    for (const at of ring) expect(metresBetween([15.265, 46.23], at)).toBeCloseTo(200, 0);
  });

  test('a hole counts against its polygon', () => {
    const outer = [
      [15, 46],
      [15.01, 46],
      [15.01, 46.01],
      [15, 46.01],
      [15, 46],
    ];
    const inner = [
      [15.002, 46.002],
      [15.004, 46.002],
      [15.004, 46.004],
      [15.002, 46.004],
      [15.002, 46.002],
    ];
    const whole = planarArea({ type: 'Polygon', coordinates: [outer] });
    expect(whole - planarArea({ type: 'Polygon', coordinates: [outer, inner] })).toBeCloseTo(planarArea({ type: 'Polygon', coordinates: [inner] }), 0);
  });

  test('a simplified line keeps its ends and stays near', () => {
    const wave = Array.from({ length: 100 }, (_, i) => [15 + i / 10_000, 46 + Math.sin(i / 8) / 2000]);
    const few = simplifyLine(wave, 2);
    expect(few.length).toBeLessThan(wave.length / 2);
    expect([few[0], few.at(-1)]).toEqual([wave[0], wave.at(-1)]);
  });
});

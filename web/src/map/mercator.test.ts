import { expect, test } from 'vitest';
import { shiftCamera, fitCamera, fromWorld, WORLD_PX, toWorld } from './mercator';

test('a place goes into the unit square and back', () => {
  for (const [lon, lat] of [
    [15.27, 46.23],
    [-8.47, 54.27],
    [0, 0],
    [179.9, -80],
  ] as const) {
    const back = fromWorld(...toWorld({ lon, lat }));
    expect(back.lon).toBeCloseTo(lon, 9);
    expect(back.lat).toBeCloseTo(lat, 9);
  }
});

test('a view that is moved there and back is the same', () => {
  const view = { lon: 2.35, lat: 48.85, zoom: 14.3 };
  const back = shiftCamera(shiftCamera(view, 120, -75), -120, 75);
  expect(back.lon).toBeCloseTo(view.lon, 9);
  expect(back.lat).toBeCloseTo(view.lat, 9);
});

test('a fitted box lies inside the view and touches its margin', () => {
  const [width, height] = [800, 600];
  const view = fitCamera([15.25, 46.22, 15.28, 46.24], width, height);
  const scale = WORLD_PX * 2 ** view.zoom;
  const [x, y] = toWorld(view);
  const [left, top] = toWorld({ lon: 15.25, lat: 46.24 });
  const free = [width / 2 - (x - left) * scale, height / 2 - (y - top) * scale];
  expect(Math.min(...free)).toBeCloseTo(72, 3);
});

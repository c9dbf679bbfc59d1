import { expect, test, vi } from 'vitest';
import type { MapPalette } from './palette';

vi.stubGlobal('document', { baseURI: 'http://plan.example/' });
const { baseLayers, baseSources } = await import('./baseLayers');

const palette = new Proxy({}, { get: () => '#888888' }) as MapPalette;

test('a region shows its waters and main roads from zoom 8, smaller streets nearer, and asks for no tiles before', () => {
  const sources = baseSources('tiles/', ['streets', 'water', 'green', 'buildings']);
  const layers = baseLayers(palette, ['streets', 'water', 'green', 'buildings']);
  const from = (id: string) => layers.find((layer) => layer.id === id)?.minzoom ?? 0;
  expect(sources.ground).toMatchObject({ minzoom: 8 });
  expect(from('ground-main')).toBe(8);
  expect(from('ground-water')).toBeLessThanOrEqual(8);
  expect(from('ground-stream')).toBeLessThanOrEqual(8);
  expect(from('ground-middle')).toBeGreaterThan(10);
  expect(from('ground-local')).toBeGreaterThan(from('ground-middle'));
});

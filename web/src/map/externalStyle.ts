// Another map's style, named by whoever runs the server: fetched once, its addresses made whole, its sources thanked.
import type { Map as MapView, StyleSpecification } from 'maplibre-gl';
import { basemap, basemapCredits } from '../baseMap';
import { base } from './scene';

/** Fetches the style once; where it does not come, our own ground stays. */
export async function loadBase(map: MapView): Promise<void> {
  if (!basemap || base.value) return;
  const answer = await fetch(basemap).catch(() => null);
  const style = answer?.ok ? ((await answer.json()) as StyleSpecification) : null;
  if (!style) {
    console.warn(`no style at ${basemap}`);
    return;
  }
  base.value = absolute(style, new URL(basemap, document.baseURI));
  map.once('idle', () => {
    const said = Object.keys(style.sources).map((id) => map.getSource(id)?.attribution ?? '');
    const plain = said.map((html) => new DOMParser().parseFromString(html, 'text/html').body.textContent?.trim() ?? '');
    basemapCredits.value = [...new Set(plain.filter(Boolean))].map((text) => ({ text }));
  });
}

/** Addresses in a style are relative to the style. */
function absolute(style: StyleSpecification, at: URL): StyleSpecification {
  const full = (path: string) => new URL(path, at).href.replaceAll('%7B', '{').replaceAll('%7D', '}');
  const sources = Object.entries(style.sources).map(([id, source]) => {
    const { url, tiles } = source as { url?: string; tiles?: string[] };
    return [id, { ...source, ...(url ? { url: full(url) } : {}), ...(tiles ? { tiles: tiles.map(full) } : {}) }];
  });
  const { glyphs, sprite } = style;
  return {
    ...style,
    sources: Object.fromEntries(sources),
    ...(glyphs ? { glyphs: full(glyphs) } : {}),
    ...(typeof sprite === 'string' ? { sprite: full(sprite) } : {}),
  };
}

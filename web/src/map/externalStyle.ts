// The operator's own map style under the plan: loaded once, with absolute addresses, its attribution collected.
import type { Map as MapView, StyleSpecification } from 'maplibre-gl';
import { externalStyleUrl, externalCredits } from '../baseMap';
import { externalStyle } from './scene';

/** Loads the style once; where that fails, the built-in base map stays. */
export async function loadExternalStyle(map: MapView): Promise<void> {
  if (!externalStyleUrl || externalStyle.value) return;
  const answer = await fetch(externalStyleUrl).catch(() => null);
  const style = answer?.ok ? ((await answer.json()) as StyleSpecification) : null;
  if (!style) {
    console.warn(`no style at ${externalStyleUrl}`);
    return;
  }
  externalStyle.value = absoluteStyle(style, new URL(externalStyleUrl, document.baseURI));
  map.once('idle', () => {
    const said = Object.keys(style.sources).map((id) => map.getSource(id)?.attribution ?? '');
    const plain = said.map((html) => new DOMParser().parseFromString(html, 'text/html').body.textContent?.trim() ?? '');
    externalCredits.value = [...new Set(plain.filter(Boolean))].map((text) => ({ text }));
  });
}

/** Addresses in a style are relative to the style. */
function absoluteStyle(style: StyleSpecification, at: URL): StyleSpecification {
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

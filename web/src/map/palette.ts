// The map's colours, read from the stylesheet, which is their only source. Read again when the theme changes.
import { SYMBOL_IDS, type SymbolId } from '../symbology';
import { dark, printing } from '../state';

const COLOUR_NAMES = [
  'ink',
  'muted',
  'line',
  'panel',
  'accent',
  'on-accent',
  'land',
  'water',
  'water-ink',
  'green',
  'green-ink',
  'wood',
  'building',
  'building-edge',
  'street',
  'street-edge',
  'border',
] as const;

export type MapPalette = Record<(typeof COLOUR_NAMES)[number], string> & { theme: 'light' | 'dark' | 'paper'; marks: Record<SymbolId, string> };

export const themeNow = (): MapPalette['theme'] => (printing.value ? 'paper' : dark.value ? 'dark' : 'light');

export function readPalette(theme = themeNow()): MapPalette {
  const probe = document.createElement('span');
  probe.hidden = true;
  document.body.append(probe);
  const read = (name: string) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const colours = Object.fromEntries(COLOUR_NAMES.map((name) => [name, read(name)])) as Record<(typeof COLOUR_NAMES)[number], string>;
  const marks = Object.fromEntries(SYMBOL_IDS.map((mark) => [mark, read(mark)])) as Record<SymbolId, string>;
  probe.remove();
  return { ...colours, theme, marks };
}

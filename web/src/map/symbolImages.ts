// Images of symbols and hatching for the map. The name says what to draw: `light:sign:status-idea`,
// `dark:chosen:kind-3`, `light:hatch:status-aside`. Each theme has its own images, so none is ever redrawn.
import { SYMBOL_IDS, symbolOf, type SymbolId } from '../symbology';
import type { MapPalette } from './palette';

const PIXEL_RATIO = 2;
const IMAGE_PX = 34; // CSS pixels: a symbol of 18 and its casing

export const imageName = (palette: MapPalette, kind: 'sign' | 'chosen' | 'hatch', mark: SymbolId) => `${palette.theme}:${kind}:${mark}`;

/** Draws the image of a name with the palette of its theme, which may no longer be the current one. */
export function drawImage(name: string, palettes: Record<string, MapPalette>): { data: ImageData; pixelRatio: number } | null {
  const [theme, kind, mark] = name.split(':') as [string, string, SymbolId];
  const palette = palettes[theme];
  if (!palette || !SYMBOL_IDS.includes(mark)) return null;
  const data = kind === 'hatch' ? drawHatch(palette.marks[mark]) : drawSymbol(mark, palette, kind === 'chosen');
  return { data, pixelRatio: PIXEL_RATIO };
}

function createContext(size: number): CanvasRenderingContext2D {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = size * PIXEL_RATIO;
  // reading back from the GPU takes a quarter of a second
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  context.scale(PIXEL_RATIO, PIXEL_RATIO);
  context.lineJoin = 'round';
  context.lineCap = 'round';
  return context;
}

function drawSymbol(mark: SymbolId, palette: MapPalette, chosen: boolean): ImageData {
  const context = createContext(IMAGE_PX);
  const { shape, tick } = symbolOf(mark);
  const scale = 18 / 16;
  context.translate(IMAGE_PX / 2, IMAGE_PX / 2);
  context.scale(scale, scale);
  context.translate(-8, -8);
  const path = new Path2D(shape);
  const stroke = (colour: string, width: number) => {
    context.strokeStyle = colour;
    context.lineWidth = width / scale;
    context.stroke(path);
  };
  if (chosen) stroke(palette.ink, 10);
  stroke(palette.panel, 4);
  context.fillStyle = palette.marks[mark];
  context.fill(path);
  if (tick) {
    context.strokeStyle = palette.panel;
    context.lineWidth = 2 / scale;
    context.stroke(new Path2D(tick));
  }
  return context.getImageData(0, 0, IMAGE_PX * PIXEL_RATIO, IMAGE_PX * PIXEL_RATIO);
}

function drawHatch(colour: string): ImageData {
  const size = 8;
  const context = createContext(size);
  context.strokeStyle = colour;
  context.globalAlpha = 0.55;
  context.lineWidth = 1.4;
  for (const offset of [-size, 0, size]) {
    context.beginPath();
    context.moveTo(offset, size);
    context.lineTo(offset + size, 0);
    context.stroke();
  }
  return context.getImageData(0, 0, size * PIXEL_RATIO, size * PIXEL_RATIO);
}

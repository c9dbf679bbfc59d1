// A picture of the map: the current frame, and below it title, legend and credits.
import { formatMonth } from '../format';
import { symbolOf } from '../symbology';
import { kindCounts, colourScheme } from '../currentScheme';
import { cityName, filter, month, plan } from '../state';
import { t } from '../i18n';
import { withTimeLimit } from '../timeLimit';
import { mapCredits } from '../baseMap';
import { readPalette } from './palette';
import type { Map as MapView } from 'maplibre-gl';

const FOOTER_PX = 112; // CSS pixels
const MARGIN_PX = 20;
const FRAME_LIMIT_MS = 10_000;

export async function renderPicture(): Promise<Blob> {
  const { map, idle } = (window as unknown as { cityheart: { map: MapView; idle: () => Promise<void> } }).cityheart;
  await idle().catch((error: unknown) => console.warn(error)); // a tile that never comes is missing in the picture, too
  const shot = await copyNextFrame(map);
  const ratio = shot.width / map.getCanvas().clientWidth;
  const [width, height] = [shot.width / ratio, shot.height / ratio];
  const canvas = Object.assign(document.createElement('canvas'), { width: shot.width, height: shot.height + FOOTER_PX * ratio });
  const pen = canvas.getContext('2d')!;
  pen.drawImage(shot, 0, 0);
  pen.scale(ratio, ratio);
  const palette = readPalette();
  pen.fillStyle = palette.panel;
  pen.fillRect(0, height, width, FOOTER_PX);
  const write = (text: string, x: number, y: number, font: string, colour: string) => {
    pen.font = `${font} 'Noto Sans', sans-serif`;
    pen.fillStyle = colour;
    pen.fillText(text, x, y, width - x - MARGIN_PX);
    return pen.measureText(text).width;
  };
  const city = cityName(plan.value?.cities.get(filter.value.city)) || t('city.all');
  write(
    [t('app.title'), city, month.value === null ? '' : formatMonth(month.value)].filter(Boolean).join(' · '),
    MARGIN_PX,
    height + 28,
    '600 16px',
    palette.ink,
  );
  let [x, y] = [MARGIN_PX, height + 56];
  for (const { mark, label } of colourScheme.value.kinds.filter(({ mark }) => kindCounts.value.get(mark))) {
    pen.font = "13px 'Noto Sans', sans-serif";
    const needed = 40 + pen.measureText(label).width;
    if (x + needed > width - MARGIN_PX && x > MARGIN_PX) [x, y] = [MARGIN_PX, y + 20];
    const { shape, tick } = symbolOf(mark);
    pen.save();
    pen.translate(x, y - 12);
    pen.fillStyle = palette.marks[mark];
    pen.fill(new Path2D(shape));
    if (tick) {
      pen.strokeStyle = palette.panel;
      pen.lineWidth = 1.8;
      pen.stroke(new Path2D(tick));
    }
    pen.restore();
    x += 22 + write(label, x + 22, y, '13px', palette.ink) + 18;
  }
  const said = [...mapCredits.value.map(({ text }) => text), t('map.schematic')].join(' · ');
  write(said, MARGIN_PX, height + FOOTER_PX - 12, '12px', palette.muted);
  return new Promise((settle, fail) => canvas.toBlob((blob) => (blob ? settle(blob) : fail(new Error('no picture')))));
}

/** Copies the next frame; after it is shown the map's own canvas is empty. */
function copyNextFrame(map: MapView): Promise<HTMLCanvasElement> {
  const frame = new Promise<HTMLCanvasElement>((settle) => {
    map.once('render', () => {
      const own = map.getCanvas();
      const copy = Object.assign(document.createElement('canvas'), { width: own.width, height: own.height });
      copy.getContext('2d')!.drawImage(own, 0, 0);
      settle(copy);
    });
    map.triggerRepaint();
  });
  return withTimeLimit(frame, FRAME_LIMIT_MS, () => 'The map draws no frame');
}

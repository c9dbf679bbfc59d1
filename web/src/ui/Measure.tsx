// How long, how large: a line or an outline drawn by pointer, by keys or typed, measured on the ellipsoid.
import { signal } from '@preact/signals';
import type { Geometry, Position } from 'geojson';
import { useEffect } from 'preact/hooks';
import { DrawTools } from '../draw/DrawTools';
import { stopDrawing } from '../draw/drawing';
import { area, distance } from '../format';
import { areaOf, lengthOf } from '../geodesic';
import { t } from '../i18n';
import { announcement } from '../state';
import { Icon } from './Icon';

export const measuring = signal(false);
const kind = signal<'line' | 'polygon'>('line');
const shape = signal<Geometry | null>(null);

function change(next: Geometry, settled: boolean): void {
  shape.value = next;
  if (settled) announcement.value = said(next);
}

export function Measure() {
  useEffect(
    () => () => {
      stopDrawing();
      shape.value = null;
    },
    [],
  );
  const choose = (next: typeof kind.value) => {
    stopDrawing();
    shape.value = null;
    kind.value = next;
  };
  return (
    <section class="over-map measuring" aria-label={t('measure.label')}>
      <div class="over-head">
        <h2>{t('measure.label')}</h2>
        <button type="button" class="square" aria-label={t('share.close')} onClick={() => (measuring.value = false)}>
          <Icon name="close" />
        </button>
      </div>
      <div class="two-ways" role="group" aria-label={t('measure.what')}>
        <button type="button" class="way-choice" aria-pressed={kind.value === 'line'} onClick={() => choose('line')}>
          {t('measure.length')}
        </button>
        <button type="button" class="way-choice" aria-pressed={kind.value === 'polygon'} onClick={() => choose('polygon')}>
          {t('measure.area')}
        </button>
      </div>
      <DrawTools kind={kind.value} shape={shape.value} change={change} />
      <p class="big measured">{shape.value ? said(shape.value) : '–'}</p>
    </section>
  );
}

function said(measured: Geometry): string {
  if (measured.type === 'LineString') return distance(lengthOf(measured.coordinates));
  const ring: Position[] = measured.type === 'Polygon' ? (measured.coordinates[0] ?? []) : [];
  return t('measure.both', { area: area(areaOf(ring)), length: distance(lengthOf(ring)) });
}

// Measures a line or an area on the ellipsoid: drawn by pointer or keys, or typed.
import { signal } from '@preact/signals';
import type { Geometry, Position } from 'geojson';
import { useEffect } from 'preact/hooks';
import { DrawTools } from '../draw/DrawTools';
import { stopDrawing } from '../draw/drawing';
import { formatArea, formatDistance } from '../format';
import { geodesicArea, geodesicLength } from '../geodesic';
import { t } from '../i18n';
import { announcement } from '../state';
import { Icon } from './Icon';

export const measuringOpen = signal(false);
const measureKind = signal<'line' | 'polygon'>('line');
const measuredShape = signal<Geometry | null>(null);

function setMeasuredShape(next: Geometry, settled: boolean): void {
  measuredShape.value = next;
  if (settled) announcement.value = measureText(next);
}

export function MeasureTool() {
  useEffect(
    () => () => {
      stopDrawing();
      measuredShape.value = null;
    },
    [],
  );
  const choose = (next: typeof measureKind.value) => {
    stopDrawing();
    measuredShape.value = null;
    measureKind.value = next;
  };
  return (
    <section class="over-map measuring" aria-label={t('measure.label')}>
      <div class="over-head">
        <h2>{t('measure.label')}</h2>
        <button type="button" class="square" aria-label={t('share.close')} onClick={() => (measuringOpen.value = false)}>
          <Icon name="close" />
        </button>
      </div>
      <div class="two-ways" role="group" aria-label={t('measure.what')}>
        <button type="button" class="way-choice" aria-pressed={measureKind.value === 'line'} onClick={() => choose('line')}>
          {t('measure.length')}
        </button>
        <button type="button" class="way-choice" aria-pressed={measureKind.value === 'polygon'} onClick={() => choose('polygon')}>
          {t('measure.area')}
        </button>
      </div>
      <DrawTools kind={measureKind.value} shape={measuredShape.value} change={setMeasuredShape} />
      <p class="big measured">{measuredShape.value ? measureText(measuredShape.value) : '–'}</p>
    </section>
  );
}

function measureText(measured: Geometry): string {
  if (measured.type === 'LineString') return formatDistance(geodesicLength(measured.coordinates));
  const ring: Position[] = measured.type === 'Polygon' ? (measured.coordinates[0] ?? []) : [];
  return t('measure.both', { area: formatArea(geodesicArea(ring)), length: formatDistance(geodesicLength(ring)) });
}

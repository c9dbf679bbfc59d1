// Drawing without a pointer: arrow keys move the map under a crosshair, Enter sets a corner, a second Enter at the same
// place ends the shape. Buttons do the same for those who cannot press exactly.
import { effect } from '@preact/signals';
import type { Position } from 'geojson';
import './draw.css';
import { t } from '../i18n';
import { announcement, mainMap } from '../state';
import { Icon } from '../ui/Icon';
import { MIN_CORNERS, roundPosition, shapeOf, type ShapeKind } from './coordinates';
import { crosshair, stopDrawing, type CrosshairState as Drawing } from './drawing';

/** Starts drawing at the map's centre and moves the focus to the map. */
export function drawWithKeys(kind: ShapeKind, done: Drawing['done']): void {
  stopDrawing();
  crosshair.value = { kind, corners: [], done };
  announcement.value = t('keys.begin');
  mainMap.value?.getCanvas().focus();
}

/** The keys work from the moment the crosshair is visible until it goes. */
effect(() => {
  if (!crosshair.value) return;
  const press = (event: KeyboardEvent) => {
    if (event.key === 'Escape') cancelCrosshair();
    else if (document.activeElement !== mainMap.peek()?.getCanvas()) return;
    else if (event.key === 'Enter' || event.key === ' ') setCorner();
    else if (event.key === 'Backspace') removeCorner();
    else return;
    event.preventDefault();
  };
  addEventListener('keydown', press);
  return () => removeEventListener('keydown', press);
});

export function Crosshair() {
  const now = crosshair.value;
  if (!now) return null;
  const enough = now.corners.length >= MIN_CORNERS[now.kind];
  return (
    <div class="crosshair">
      <svg viewBox="0 0 48 48" width="48" height="48" aria-hidden="true">
        <path d="M24 4v14M24 30v14M4 24h14M30 24h14" />
        <circle cx="24" cy="24" r="3" />
      </svg>
      <div class="steps" role="group" aria-label={t('keys.label')}>
        <button type="button" class="button" onClick={setCorner}>
          {t(now.kind === 'point' ? 'keys.here' : 'keys.corner')}
        </button>
        {now.kind !== 'point' && (
          <>
            <button type="button" class="button" disabled={!now.corners.length} onClick={removeCorner}>
              {t('keys.back')}
            </button>
            <button type="button" class="button" disabled={!enough} onClick={finishShape}>
              {t('keys.finish')}
            </button>
          </>
        )}
        <button type="button" class="square" aria-label={t('draw.stop')} title={t('draw.stop')} onClick={cancelCrosshair}>
          <Icon name="close" />
        </button>
        <p class="note">{t('keys.how')}</p>
      </div>
    </div>
  );
}

function mapCentre(): Position | null {
  const at = mainMap.value?.getCenter();
  return at ? roundPosition([at.lng, at.lat]) : null;
}

function setCorner(): void {
  const now = crosshair.value;
  const at = mapCentre();
  if (!now || !at) return;
  const last = now.corners.at(-1);
  if (last && last[0] === at[0] && last[1] === at[1]) {
    finishShape();
    return;
  }
  const corners = [...now.corners, at];
  crosshair.value = { ...now, corners };
  if (now.kind === 'point') finishShape();
  else announcement.value = t('keys.set', { count: corners.length });
}

function removeCorner(): void {
  const now = crosshair.value;
  if (!now?.corners.length) return;
  const corners = now.corners.slice(0, -1);
  crosshair.value = { ...now, corners };
  announcement.value = t('keys.set', { count: corners.length });
}

function finishShape(): void {
  const now = crosshair.value;
  if (!now) return;
  const { shape, fault } = shapeOf(now.corners, now.kind);
  if (!shape) {
    announcement.value = fault.kind === 'few' ? t('fault.few', { count: MIN_CORNERS[now.kind] }) : t('fault.crossing');
    return;
  }
  crosshair.value = null;
  now.done(shape);
}

function cancelCrosshair(): void {
  crosshair.value = null;
  announcement.value = t('keys.stopped');
}

// Drawing without a pointer: the arrow keys move the map under a cross, Enter sets a corner, Enter again at the same place
// ends. The same steps are buttons for those who cannot press exactly.
import { effect } from '@preact/signals';
import type { Position } from 'geojson';
import './draw.css';
import { t } from '../i18n';
import { announcement, theMap } from '../state';
import { Icon } from '../ui/Icon';
import { LEAST, rounded, shapeOf, type ShapeKind } from './coordinates';
import { crosshair, stopDrawing, type CrosshairState as Drawing } from './drawing';

/** Draws with the middle of the map; the map takes the focus. */
export function drawByKeys(kind: ShapeKind, done: Drawing['done']): void {
  stopDrawing();
  crosshair.value = { kind, corners: [], done };
  announcement.value = t('keys.begin');
  theMap.value?.getCanvas().focus();
}

/** The keys count from the moment the cross is there, and as long. */
effect(() => {
  if (!crosshair.value) return;
  const press = (event: KeyboardEvent) => {
    if (event.key === 'Escape') give();
    else if (document.activeElement !== theMap.peek()?.getCanvas()) return;
    else if (event.key === 'Enter' || event.key === ' ') set();
    else if (event.key === 'Backspace') takeBack();
    else return;
    event.preventDefault();
  };
  addEventListener('keydown', press);
  return () => removeEventListener('keydown', press);
});

export function Crosshair() {
  const now = crosshair.value;
  if (!now) return null;
  const enough = now.corners.length >= LEAST[now.kind];
  return (
    <div class="crosshair">
      <svg viewBox="0 0 48 48" width="48" height="48" aria-hidden="true">
        <path d="M24 4v14M24 30v14M4 24h14M30 24h14" />
        <circle cx="24" cy="24" r="3" />
      </svg>
      <div class="steps" role="group" aria-label={t('keys.label')}>
        <button type="button" class="button" onClick={set}>
          {t(now.kind === 'point' ? 'keys.here' : 'keys.corner')}
        </button>
        {now.kind !== 'point' && (
          <>
            <button type="button" class="button" disabled={!now.corners.length} onClick={takeBack}>
              {t('keys.back')}
            </button>
            <button type="button" class="button" disabled={!enough} onClick={finish}>
              {t('keys.finish')}
            </button>
          </>
        )}
        <button type="button" class="square" aria-label={t('draw.stop')} title={t('draw.stop')} onClick={give}>
          <Icon name="close" />
        </button>
        <p class="note">{t('keys.how')}</p>
      </div>
    </div>
  );
}

function middle(): Position | null {
  const at = theMap.value?.getCenter();
  return at ? rounded([at.lng, at.lat]) : null;
}

function set(): void {
  const now = crosshair.value;
  const at = middle();
  if (!now || !at) return;
  const last = now.corners.at(-1);
  if (last && last[0] === at[0] && last[1] === at[1]) {
    finish();
    return;
  }
  const corners = [...now.corners, at];
  crosshair.value = { ...now, corners };
  if (now.kind === 'point') finish();
  else announcement.value = t('keys.set', { count: corners.length });
}

function takeBack(): void {
  const now = crosshair.value;
  if (!now?.corners.length) return;
  const corners = now.corners.slice(0, -1);
  crosshair.value = { ...now, corners };
  announcement.value = t('keys.set', { count: corners.length });
}

function finish(): void {
  const now = crosshair.value;
  if (!now) return;
  const { shape, fault } = shapeOf(now.corners, now.kind);
  if (!shape) {
    announcement.value = fault.kind === 'few' ? t('fault.few', { count: LEAST[now.kind] }) : t('fault.crossing');
    return;
  }
  crosshair.value = null;
  now.done(shape);
}

function give(): void {
  crosshair.value = null;
  announcement.value = t('keys.stopped');
}

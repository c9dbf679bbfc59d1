// The map's place on the page, its buttons, legend and credits. Where there is no WebGL it says so; the list does not need it.
import type { Map } from 'maplibre-gl';
import { Fragment } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { credits } from '../ground';
import { t, type Key } from '../i18n';
import { Crosshair } from '../draw/Crosshair';
import { drawQuestion } from '../state/ask';
import { failed, filter, goal, noMap, plan } from '../state';
import { renderer, rustMap } from '../state/renderer';
import { account } from '../state/session';
import { Icon, type IconName } from './Icon';
import { Legend } from './Legend';
import { RendererNotice, RendererSettings } from './Renderer';
import { timeOpen } from './TimeBar';

export function MapArea() {
  const holder = useRef<HTMLDivElement>(null);
  const ready = plan.value !== null || failed.value;
  const drawnBy = renderer.value;
  useEffect(() => {
    if (!ready || !holder.current) return;
    const container = holder.current;
    let close: (() => void) | undefined;
    let gone = false;
    if (!canDraw()) {
      noMap.value = true;
      return;
    }
    void (drawnBy === 'rust' ? import('../map/rust') : import('../map/map'))
      .then(({ open }) => {
        if (!gone) close = open(container);
      })
      .catch((error: unknown) => {
        console.warn(error);
        noMap.value = true;
      });
    return () => {
      gone = true;
      close?.();
    };
  }, [ready, drawnBy]);
  return (
    <div class="map-area">
      <div ref={holder} class="map" />
      {noMap.value ? (
        <p class="no-map">{t('map.missing')}</p>
      ) : (
        <>
          <Buttons />
          {drawnBy === 'gl' && <Crosshair />}
          <Legend />
          <RendererNotice />
          <Credits />
        </>
      )}
    </div>
  );
}

/** Whether this browser draws with WebGL 2, without which there is no map. */
export function canDraw(): boolean {
  return document.createElement('canvas').getContext('webgl2') !== null;
}

/** Whom to thank for what lies under the plan. */
function Credits() {
  return (
    <p class="credits">
      {credits.value.map(({ text, href }) => (
        <Fragment key={text}>
          {href ? (
            <a href={href} target="_blank" rel="noopener noreferrer">
              {text}
            </a>
          ) : (
            text
          )}
          {' · '}
        </Fragment>
      ))}
      {t('map.schematic')}
    </p>
  );
}

function Buttons() {
  const map = () => (window as { cityheart?: { map: Map } }).cityheart?.map;
  const button = (icon: IconName, name: Key, press: () => void) => (
    <button class="square" aria-label={t(name)} title={t(name)} onClick={press}>
      <Icon name={icon} />
    </button>
  );
  const { city } = filter.value;
  return (
    <div class="map-buttons">
      <div class="set">
        {button('plus', 'map.in', () => (rustMap.value ? rustMap.value.zoomBy(1) : map()?.zoomIn({ duration: 200 })))}
        {button('minus', 'map.out', () => (rustMap.value ? rustMap.value.zoomBy(-1) : map()?.zoomOut({ duration: 200 })))}
      </div>
      <div class="set">
        {button('whole', city ? 'map.city' : 'map.europe', () => (goal.value = city ? { to: 'city', id: city } : { to: 'all' }))}
        {button('pencil', 'draw.area', drawQuestion)}
      </div>
      <div class="set when">
        <button class="square" aria-label={t('time.label')} title={t('time.label')} aria-expanded={timeOpen.value} onClick={() => (timeOpen.value = !timeOpen.value)}>
          <Icon name="clock" />
        </button>
      </div>
      <RendererSettings />
      <div class="set">
        <button class="square" popovertarget="keys" aria-label={t('help.label')} title={t('help.label')}>
          <Icon name="help" />
        </button>
        <Help />
      </div>
    </div>
  );
}

const HELP: [string, Key][] = [
  ['← ↑ → ↓', 'help.pan'],
  ['+ −', 'help.zoom'],
  ['↑ ↓', 'help.list'],
  ['Enter', 'help.open'],
];
/** For who is signed in. */
const EDITING: [string, Key][] = [
  ['Ctrl Z', 'help.undo'],
  ['Ctrl Y', 'help.redo'],
  ['Ctrl S', 'help.save'],
];

function Help() {
  return (
    <div id="keys" popover="auto" class="keys">
      <h2>{t('help.label')}</h2>
      <dl>
        {[...HELP, ...(account.value ? EDITING : [])].map(([keys, what]) => (
          <div key={what}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{t(what)}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

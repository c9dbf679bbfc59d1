// The map's area on the page: buttons, legend, credits. Without WebGL it says so; the list does not need it.
import type { Map as MapView } from 'maplibre-gl';
import { Fragment } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { mapCredits } from '../baseMap';
import { t, type MessageKey } from '../i18n';
import { Crosshair } from '../draw/Crosshair';
import { crosshair } from '../draw/drawing';
import { yieldToBrowser } from '../yieldToBrowser';
import { startDrawnQuery } from '../state/askTab';
import { loadFailed, filter, cameraGoal, hovered, mapMissing, plan, titleOf } from '../state';
import { keyboardPointing } from '../state/keyboardPointer';
import { secondMap } from '../state/secondMap';
import { renderer, rustMap } from '../state/renderer';
import { SecondMapArea, FirstMapCaption } from './SecondMap';
import { Icon, type IconName } from './Icon';
import { announceView, ViewSummary, listingInView } from './ViewSummary';
import { MapLegend } from './Legend';
import { MapTools } from './MapTools';
import { MeasureTool, measuringOpen } from './Measure';
import { RendererNotice, RendererSettings } from './Renderer';
import { timeOpen } from './TimeBar';

export function MapArea() {
  const holder = useRef<HTMLDivElement>(null);
  const ready = plan.value !== null || loadFailed.value;
  const two = mapMissing.value ? null : secondMap.value;
  useEffect(announceView, []);
  const drawnBy = renderer.value;
  useEffect(() => {
    if (!ready || !holder.current) return;
    const container = holder.current;
    let close: (() => void) | undefined;
    let gone = false;
    if (!hasWebGl()) {
      mapMissing.value = true;
      return;
    }
    void (drawnBy === 'rust' ? import('../map/rustRenderer') : import('../map/map'))
      .then(async ({ openMap: open }) => {
        await yieldToBrowser(); // parsing the code was long enough for one task
        if (!gone) close = open(container);
      })
      .catch((error: unknown) => {
        console.warn(error);
        mapMissing.value = true;
      });
    return () => {
      gone = true;
      close?.();
    };
  }, [ready, drawnBy]);
  return (
    <div class={two ? 'map-area two' : 'map-area'}>
      <div ref={holder} class="map" />
      {two && <SecondMapArea now={two} />}
      {mapMissing.value ? (
        <p class="no-map">{t('map.missing')}</p>
      ) : (
        <>
          <MapButtons />
          {drawnBy === 'gl' && <Crosshair />}
          {keyboardPointing.value && !crosshair.value && <KeyboardCross />}
          {two && <FirstMapCaption />}
          {measuringOpen.value && <MeasureTool />}
          {listingInView.value && <ViewSummary />}
          <MapLegend />
          <RendererNotice />
          <MapCredits />
        </>
      )}
    </div>
  );
}

/** The cross at the map's centre while keys point with it. */
function KeyboardCross() {
  const name = plan.value?.byId.get(hovered.value);
  return (
    <div class="aim" aria-hidden="true">
      <svg viewBox="0 0 48 48" width="48" height="48" aria-hidden="true">
        <path d="M24 4v14M24 30v14M4 24h14M30 24h14" />
      </svg>
      {name && <span>{titleOf(name).text}</span>}
    </div>
  );
}

/** Whether the browser supports WebGL 2, which the map needs. */
export function hasWebGl(): boolean {
  return document.createElement('canvas').getContext('webgl2') !== null;
}

/** Credits of the base map. */
function MapCredits() {
  return (
    <p class="credits">
      {mapCredits.value.map(({ text, href }) => (
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

function MapButtons() {
  const map = () => (window as { cityheart?: { map: MapView } }).cityheart?.map;
  const button = (icon: IconName, name: MessageKey, press: () => void) => (
    <button type="button" class="square" aria-label={t(name)} title={t(name)} onClick={press}>
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
        {button('whole', city ? 'map.city' : 'map.europe', () => (cameraGoal.value = city ? { to: 'city', id: city } : { to: 'all' }))}
        {button('pencil', 'draw.area', startDrawnQuery)}
      </div>
      <div class="set when">
        <button
          type="button"
          class="square"
          aria-label={t('time.label')}
          title={t('time.label')}
          aria-expanded={timeOpen.value}
          onClick={() => (timeOpen.value = !timeOpen.value)}
        >
          <Icon name="clock" />
        </button>
      </div>
      <RendererSettings />
      <div class="set">
        <MapTools />
      </div>
    </div>
  );
}

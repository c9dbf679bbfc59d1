// The places of a file on a small map. Without WebGL there is none; the list says the same in words.
import { useEffect, useRef } from 'preact/hooks';
import type { Position } from 'geojson';
import { t } from '../i18n';
import type { OpenPlacesMap, ShownPlaces } from '../map/placesMap';

interface PlacesMapProps {
  places: ShownPlaces['places'];
  statuses?: ShownPlaces['statuses'];
  label: string;
  class?: string;
  /** A picture, which does not react to pointer and keys. */
  still?: boolean;
  /** Receives the place that the person points at, while one is asked for. */
  picked?: (lonlat: Position) => void;
  leave?: () => void;
}

const NO_STATUSES: ShownPlaces['statuses'] = new Map();

export function PlacesMap({ places, statuses = NO_STATUSES, label, class: look = '', still = false, picked, leave }: PlacesMapProps) {
  const holder = useRef<HTMLDivElement>(null);
  const open = useRef<OpenPlacesMap | null>(null);
  const now = useRef({ places, statuses, picked, leave });
  now.current = { places, statuses, picked, leave };
  const shape = JSON.stringify([places.features.map(({ id, geometry, properties }) => [id, geometry, properties?.kind]), [...statuses]]);
  useEffect(() => {
    let gone = false;
    const options = {
      label,
      still,
      point: (lonlat: Position) => now.current.picked?.(lonlat),
      leave: () => now.current.leave?.(),
    };
    void import('../map/placesMap').then(
      ({ openPlacesMap }) => {
        if (gone || !holder.current || document.createElement('canvas').getContext('webgl2') === null) return;
        open.current = openPlacesMap(holder.current, options);
        open.current.show(now.current);
      },
      (error: unknown) => console.warn(error),
    );
    return () => {
      gone = true;
      open.current?.close();
      open.current = null;
    };
  }, []);
  useEffect(() => open.current?.show(now.current), [shape]);
  useEffect(() => {
    if (!picked) return;
    holder.current?.scrollIntoView({ block: 'center' });
    holder.current?.querySelector('canvas')?.focus();
  }, [picked !== undefined]);
  return (
    <div class={`places-map map-area ${look}`}>
      <div ref={holder} class="map" />
      {picked && (
        <div class="aim" aria-hidden="true">
          <svg viewBox="0 0 48 48" width="48" height="48" aria-hidden="true">
            <path d="M24 4v14M24 30v14M4 24h14M30 24h14" />
          </svg>
        </div>
      )}
      {still && <span class="unseen">{t('outcome.places', { count: places.features.length })}</span>}
    </div>
  );
}

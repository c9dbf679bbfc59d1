// A small map of places that are not in the plan yet: the ground without the plan's interventions, the places by
// status, new ones with a plus. Changes no state.
import { effect } from '@preact/signals';
import { Map as MapView, type LayerSpecification, type StyleSpecification } from 'maplibre-gl';
import type { Feature, FeatureCollection, Geometry, Position } from 'geojson';
import './mapLibrary';
import { anchorPoint, boundingBox, joinBoxes, type BoundingBox } from '../geometry';
import { groupOf, symbolOf, type SymbolId } from '../symbology';
import { filter, plan } from '../state';
import { AREAL, matchAll, NOT_POINTS } from './expressions';
import { BOLD } from './fonts';
import { readPalette, type MapPalette } from './palette';
import { firstScene } from './scene';
import { buildStyle } from './style';
import { drawImage, imageName } from './symbolImages';

export interface PlacesOptions {
  label: string;
  /** A picture: it does not react to pointer and keys. */
  still: boolean;
  /** Receives the position that the person points at. */
  point: (lonlat: Position) => void;
  /** Called on Escape. */
  leave: () => void;
}

export interface ShownPlaces {
  places: FeatureCollection<Geometry, { kind?: string } | null>;
  /** Statuses by the ids of features. */
  statuses: ReadonlyMap<string, string>;
}

export interface OpenPlacesMap {
  show: (now: ShownPlaces) => void;
  close: () => void;
}

const MAX_ZOOM = 16;
const NO_POINTS: FeatureCollection = { type: 'FeatureCollection', features: [] };
const NOTHING: ShownPlaces = { places: { type: 'FeatureCollection', features: [] }, statuses: new Map() };

export function openPlacesMap(container: HTMLElement, { label, still, point, leave }: PlacesOptions): OpenPlacesMap {
  let palette = readPalette();
  const palettes: Record<string, MapPalette> = { [palette.theme]: palette };
  let shown = NOTHING;
  let closed = false;
  const map = new MapView({
    container,
    style: styleOf(palette, shown),
    ...startOf(null),
    attributionControl: false,
    interactive: !still,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    maxPitch: 0,
    minZoom: 2,
    maxZoom: 19,
    fadeDuration: 0,
    renderWorldCopies: false,
    locale: { 'Map.Title': label },
    validateStyle: import.meta.env.DEV,
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.setMissingStyleImageResolver((id) => {
    const image = drawImage(id, palettes);
    if (image && !map.hasImage(id)) map.addImage(id, image.data, { pixelRatio: image.pixelRatio });
  });
  const canvas = map.getCanvas();
  canvas.setAttribute('aria-label', label);
  if (still) {
    canvas.tabIndex = -1;
    canvas.setAttribute('role', 'img');
  }
  map.on('click', ({ lngLat }) => point(lngLat.toArray()));
  canvas.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') point(map.getCenter().toArray());
    if (event.key === 'Escape') leave();
  });
  let end = () => {};
  map.once('style.load', () => {
    end = effect(() => {
      palette = readPalette();
      palettes[palette.theme] = palette;
      map.setStyle(styleOf(palette, shown), { diff: true });
    });
  });
  Object.assign(window, { [still ? 'systemMap' : 'placesMap']: { map } }); // for the browser tests
  return {
    show: (now) => {
      if (closed) return;
      shown = now;
      const box = boxOf(now);
      if (map.isStyleLoaded()) map.setStyle(styleOf(palette, now), { diff: true });
      else map.once('style.load', () => map.setStyle(styleOf(palette, shown), { diff: true }));
      map.resize();
      map.jumpTo(map.cameraForBounds(box ?? startOf(null).bounds, { padding: box ? edgeOf(container) : 8, maxZoom: MAX_ZOOM }) ?? {});
    },
    close: () => {
      closed = true;
      end();
      map.remove();
    },
  };
}

const edgeOf = ({ clientWidth, clientHeight }: HTMLElement) => Math.min(36, clientWidth / 5, clientHeight / 5);

const EUROPE: BoundingBox = [-10, 36, 30, 57];

/** The chosen city, else Europe. */
function startOf(box: BoundingBox | null): { bounds: BoundingBox } {
  return { bounds: box ?? plan.peek()?.cities.get(filter.peek().city)?.box ?? EUROPE };
}

const boxOf = ({ places }: ShownPlaces) => joinBoxes(places.features.map(({ geometry }) => boundingBox(geometry)));

const markOf = (one: Feature, statuses: ShownPlaces['statuses']): SymbolId => `status-${groupOf(statuses.get(String(one.id ?? '')))}`;

/** Lines and areas, with what the layers read of them. */
function featuresOf(palette: MapPalette, { places, statuses }: ShownPlaces): FeatureCollection {
  const features = places.features.map((one) => {
    const mark = markOf(one, statuses);
    return { ...one, properties: { colour: palette.marks[mark], fill: symbolOf(mark).fill } };
  });
  return { type: 'FeatureCollection', features };
}

/** A sign on each place. */
function signsOf(palette: MapPalette, { places, statuses }: ShownPlaces): FeatureCollection {
  const features = places.features.flatMap((one): Feature[] => {
    const at = anchorPoint(one.geometry);
    const properties = { image: imageName(palette, 'sign', markOf(one, statuses)), new: one.properties?.kind === 'new' };
    return at ? [{ type: 'Feature', properties, geometry: { type: 'Point', coordinates: at } }] : [];
  });
  return { type: 'FeatureCollection', features };
}

function styleOf(palette: MapPalette, shown: ShownPlaces): StyleSpecification {
  const ground = buildStyle({ ...firstScene(palette), ids: [], kinds: null, counts: NO_POINTS, marks: NO_POINTS, selected: '', hovered: '' });
  return {
    ...ground,
    sources: {
      ...ground.sources,
      places: { type: 'geojson', data: featuresOf(palette, shown) },
      'place-signs': { type: 'geojson', data: signsOf(palette, shown) },
    },
    layers: [...ground.layers, ...placeLayers(palette)],
  };
}

const BADGE_PX = 9;

function placeLayers(palette: MapPalette): LayerSpecification[] {
  const isNew = ['get', 'new'] as never;
  return [
    {
      id: 'place-fills',
      type: 'fill',
      source: 'places',
      filter: matchAll(AREAL as never),
      paint: { 'fill-color': ['get', 'colour'], 'fill-opacity': ['get', 'fill'] },
    },
    {
      id: 'place-casings',
      type: 'line',
      source: 'places',
      filter: NOT_POINTS,
      layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: { 'line-color': palette.panel, 'line-width': 6 },
    },
    {
      id: 'place-lines',
      type: 'line',
      source: 'places',
      filter: NOT_POINTS,
      layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: { 'line-color': ['get', 'colour'], 'line-width': 3 },
    },
    {
      id: 'place-signs',
      type: 'symbol',
      source: 'place-signs',
      layout: { 'icon-image': ['get', 'image'], 'icon-allow-overlap': true, 'icon-ignore-placement': true },
    },
    {
      id: 'new-badges',
      type: 'circle',
      source: 'place-signs',
      filter: isNew,
      paint: {
        'circle-radius': 7,
        'circle-color': palette.ink,
        'circle-stroke-color': palette.panel,
        'circle-stroke-width': 1.5,
        'circle-translate': [BADGE_PX, -BADGE_PX],
      },
    },
    {
      id: 'new-pluses',
      type: 'symbol',
      source: 'place-signs',
      filter: isNew,
      layout: { 'text-field': '+', 'text-font': BOLD, 'text-size': 13, 'text-allow-overlap': true, 'text-ignore-placement': true },
      paint: { 'text-color': palette.panel, 'text-translate': [BADGE_PX, -BADGE_PX - 0.5] },
    },
  ];
}

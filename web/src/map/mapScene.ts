// What a map shows, as one value: `scene.ts` puts it together from the state, `style.ts` makes the map's style from it.
import type { FeatureCollection } from 'geojson';
import type { StyleSpecification } from 'maplibre-gl';
import type { BaseLayer } from '../baseMap';
import type { AnswerOverlay } from '../state/query';
import type { SymbolId } from '../symbology';
import type { MapPalette } from './palette';

export interface MapScene {
  palette: MapPalette;
  language: string;
  tiles: string;
  /** What of the ground the plan itself has. */
  ground: readonly BaseLayer[];
  /** Another map's style to lie under the plan. */
  base: StyleSpecification | null;
  counts: FeatureCollection;
  marks: FeatureCollection;
  areaNames: FeatureCollection;
  /** Ids of interventions to show, or null for all. */
  ids: string[] | null;
  /** What is told apart, each with its ids; null where the status in the tiles tells. */
  kinds: { mark: SymbolId; ids: string[] }[] | null;
  selected: string;
  hovered: string;
  answer: AnswerOverlay;
}

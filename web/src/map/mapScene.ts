// What a map shows, as one value: `scene.ts` builds it from the state, `style.ts` builds the style from it.
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
  /** The base layers that the plan has. */
  ground: readonly BaseLayer[];
  /** The operator's style under the plan. */
  base: StyleSpecification | null;
  counts: FeatureCollection;
  marks: FeatureCollection;
  areaNames: FeatureCollection;
  /** Ids of the interventions to show; null for all. */
  ids: string[] | null;
  /** Symbols with the ids they apply to; null where the tiles' status decides. */
  kinds: { mark: SymbolId; ids: string[] }[] | null;
  selected: string;
  hovered: string;
  answer: AnswerOverlay;
}

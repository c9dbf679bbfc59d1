// Builds the scenes from the state: the first map by the list's filter, the second by its own.
import { computed, signal } from '@preact/signals';
import type { StyleSpecification } from 'maplibre-gl';
import { address } from '../api';
import { baseLayerIds } from '../baseMap';
import { language } from '../i18n';
import type { Intervention } from '../plan';
import { colourScheme } from '../currentScheme';
import type { SymbolId } from '../symbology';
import { cityName, hovered, month, plan, selected, shownOnMap } from '../state';
import { crosshair } from '../draw/drawing';
import { answerOverlay, type AnswerOverlay } from '../state/query';
import { secondMap, secondMapInterventions } from '../state/secondMap';
import { areaNamePoints, countFeatures, symbolPoints } from './pointSources';
import type { MapPalette } from './palette';
import type { MapScene } from './mapScene';

/** The operator's style, once it is loaded. */
export const externalStyle = signal<StyleSpecification | null>(null);

const NO_FEATURES = { type: 'FeatureCollection' as const, features: [] };
const areaPoints = computed(() => areaNamePoints(plan.value?.areas ?? [], language.value));

/** The answer, and the corners that are being set at the crosshair. */
const answerShapes = computed<AnswerOverlay>(() => {
  const corners = crosshair.value?.corners ?? [];
  if (!corners.length) return answerOverlay.value;
  const draft = [
    ...corners.map((at) => ({ type: 'Feature' as const, properties: { role: 'corner' }, geometry: { type: 'Point' as const, coordinates: at } })),
    ...(corners.length > 1
      ? [{ type: 'Feature' as const, properties: { role: 'draft' }, geometry: { type: 'LineString' as const, coordinates: corners } }]
      : []),
  ];
  return { ...answerOverlay.value, shapes: { type: 'FeatureCollection', features: [...answerOverlay.value.shapes.features, ...draft] } };
});

/**
 * Sources that are slow to build are rebuilt only when the list changes. `all` is true when no intervention is left
 * out.
 */
function createScene(list: () => Intervention[], all: () => boolean, moved: () => boolean) {
  const shown = computed(list);
  const countPoints = computed(() => (plan.value ? countFeatures(plan.value, shown.value, cityName) : NO_FEATURES));
  const markPoints = computed(() => symbolPoints(shown.value, colourScheme.value.markOf));
  const ids = computed(() => (all() ? null : shown.value.map((one) => one.id)));
  /** Ids by symbol; null where the tiles themselves know the status. */
  const kinds = computed(() => {
    if (colourScheme.value.id === 'status' && !moved()) return null;
    const byMark = new Map<SymbolId, string[]>(colourScheme.value.kinds.map(({ mark }) => [mark, []]));
    for (const one of shown.value) byMark.get(colourScheme.value.markOf(one))?.push(one.id);
    return [...byMark].map(([mark, its]) => ({ mark, ids: its }));
  });
  return (palette: MapPalette, tiles = address('tiles/')): MapScene => ({
    palette,
    language: language.value,
    tiles,
    ground: baseLayerIds.value,
    base: externalStyle.value,
    counts: countPoints.value,
    marks: markPoints.value,
    areaNames: areaPoints.value,
    ids: ids.value,
    kinds: kinds.value,
    selected: selected.value,
    hovered: hovered.peek(),
    answer: answerShapes.value,
  });
}

export const firstScene = createScene(
  () => shownOnMap.value ?? plan.value?.interventions ?? [],
  () => shownOnMap.value === null,
  () => month.value !== null,
);

export const secondScene = createScene(
  () => secondMapInterventions.value,
  () => false,
  () => secondMap.value?.month != null,
);

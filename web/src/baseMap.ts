// What lies under the plan: base layers imported from OpenStreetMap, the operator's own style where configured, Natural
// Earth beneath; and their credits.
import { computed, signal } from '@preact/signals';
import { t } from './i18n';

export const BASE_LAYERS = ['water', 'green', 'buildings', 'streets'] as const;
export type BaseLayer = (typeof BASE_LAYERS)[number];

/** The base layers that the plan has. */
export const baseLayerIds = signal<readonly BaseLayer[]>([]);

/** The operator's map style; null for the built-in base map. */
export const externalStyleUrl: string | null = document.querySelector<HTMLMetaElement>('meta[name="cityheart-basemap"]')?.content || null;

/** Credits of the operator's style. */
export const externalCredits = signal<MapCredit[]>([]);

export interface MapCredit {
  text: string;
  href?: string;
}

export const mapCredits = computed((): MapCredit[] => {
  if (externalStyleUrl) return externalCredits.value;
  const earth = { text: t('map.naturalEarth'), href: 'https://www.naturalearthdata.com/' };
  return baseLayerIds.value.length ? [{ text: t('map.openStreetMap'), href: 'https://www.openstreetmap.org/copyright' }, earth] : [earth];
});

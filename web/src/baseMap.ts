// What lies under the plan: streets, buildings, water and green where the plan has them (imported from OpenStreetMap), another
// map where the server names one, Natural Earth beneath; and whom to thank for each.
import { computed, signal } from '@preact/signals';
import { t } from './i18n';

export const BASE_LAYERS = ['water', 'green', 'buildings', 'streets'] as const;
export type BaseLayer = (typeof BASE_LAYERS)[number];

/** The layers of the ground that the plan has. */
export const baseLayerIds = signal<readonly BaseLayer[]>([]);

/** Another map's style, named by whoever runs the server; null is our own. */
export const externalStyleUrl: string | null = document.querySelector<HTMLMetaElement>('meta[name="cityheart-basemap"]')?.content || null;

/** What another map's style asks to be said of its sources. */
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

// What lies under the plan: streets, buildings, water and green where the plan has them (imported from OpenStreetMap), another
// map where the server names one, Natural Earth beneath; and whom to thank for each.
import { computed, signal } from '@preact/signals';
import { t } from './i18n';

export const GROUND = ['water', 'green', 'buildings', 'streets'] as const;
export type BaseLayer = (typeof GROUND)[number];

/** The layers of the ground that the plan has. */
export const ground = signal<readonly BaseLayer[]>([]);

/** Another map's style, named by whoever runs the server; null is our own. */
export const basemap: string | null = document.querySelector<HTMLMetaElement>('meta[name="cityheart-basemap"]')?.content || null;

/** What another map's style asks to be said of its sources. */
export const basemapCredits = signal<MapCredit[]>([]);

export interface MapCredit {
  text: string;
  href?: string;
}

export const credits = computed((): MapCredit[] => {
  if (basemap) return basemapCredits.value;
  const earth = { text: t('map.naturalEarth'), href: 'https://www.naturalearthdata.com/' };
  return ground.value.length ? [{ text: t('map.openStreetMap'), href: 'https://www.openstreetmap.org/copyright' }, earth] : [earth];
});

// The place of a query in words, and the city whose omissions matter for it.
import { t } from '../i18n';
import { cityName, filter, plan } from '../state';
import type { SpatialQuery } from './spatialQuery';
import { areaName } from './answerText';

export const areaOutline = (id: string) => plan.value?.areas.find((one) => one.id === id)?.geometry;

/** Left-out interventions matter in the query's city only. */
export function isInQueryCity(query: SpatialQuery): (id: string) => boolean {
  const city = query.area ? plan.value?.areas.find(({ id }) => id === query.area)?.city : filter.value.city;
  return (id) => !city || (plan.value?.byId.get(id)?.city ?? city) === city;
}

/** The query's place: the drawn area, an area's name, the city, or the whole plan. */
export function placeTitle(query: SpatialQuery): string {
  if (query.area) return areaName(query.area);
  if (query.shape) return t('ask.drawn');
  const city = plan.value?.cities.get(filter.value.city);
  return city ? cityName(city) : t('ask.wholePlan');
}

// Which place a question is about, in words and in what counts there.
import { t } from '../i18n';
import { cityName, filter, plan } from '../state';
import type { SpatialQuery } from './spatialQuery';
import { areaName } from './answerText';

export const areaOutline = (id: string) => plan.value?.areas.find((one) => one.id === id)?.geometry;

/** What was left out is said for the city that the question is about; elsewhere it says nothing. */
export function isInQueryCity(query: SpatialQuery): (id: string) => boolean {
  const city = query.area ? plan.value?.areas.find(({ id }) => id === query.area)?.city : filter.value.city;
  return (id) => !city || (plan.value?.byId.get(id)?.city ?? city) === city;
}

/** "In the drawn area", the area's name, the city, or the whole plan. */
export function placeTitle(query: SpatialQuery): string {
  if (query.area) return areaName(query.area);
  if (query.shape) return t('ask.drawn');
  const city = plan.value?.cities.get(filter.value.city);
  return city ? cityName(city) : t('ask.wholePlan');
}

// The place of a query: an area of the plan, a drawn one, or a point that is tapped, typed or set with the crosshair.
import { t } from '../i18n';
import { DrawTools } from '../draw/DrawTools';
import { stopDrawing } from '../draw/drawing';
import { cityName, filter, plan } from '../state';
import { currentQuery, setQueryPoint, setDrawnArea, setQueryArea } from '../state/query';
import { Icon } from '../ui/Icon';
import { areaName } from './answerText';
import type { Geometry } from 'geojson';

/** The selectable areas: those of the chosen city, else all. */
function availableAreas() {
  const { city } = filter.value;
  return (plan.value?.areas ?? []).filter((one) => one.geometry && (!city || one.city === city));
}

export function AreaInput({ optional }: { optional: boolean }) {
  const { area, shape } = currentQuery.value;
  const list = availableAreas();
  const chosenElsewhere = area && !list.some(({ id }) => id === area);
  const choose = (id: string) => {
    if (id === 'drawn') setQueryArea('');
    else if (id) setQueryArea(id);
    else {
      stopDrawing();
      currentQuery.value = { ...currentQuery.value, area: '', shape: null };
    }
  };
  return (
    <DrawTools
      kind="polygon"
      shape={shape}
      change={setDrawnArea}
      beside={
        <span class="select">
          <label class="unseen" for="ask-area">
            {t('ask.where')}
          </label>
          <select id="ask-area" value={area || (shape ? 'drawn' : '')} onChange={(event) => choose(event.currentTarget.value)}>
            <option value="">{optional ? wholeCityArea() : t('ask.choose')}</option>
            {shape && <option value="drawn">{t('ask.drawnArea')}</option>}
            {chosenElsewhere && <option value={area}>{areaName(area)}</option>}
            {list.map(({ id, city }) => (
              <option key={id} value={id}>
                {filter.value.city ? areaName(id) : `${cityName(plan.value?.cities.get(city))}: ${areaName(id)}`}
              </option>
            ))}
          </select>
          <Icon name="down" />
        </span>
      }
    />
  );
}

function wholeCityArea(): string {
  const city = plan.value?.cities.get(filter.value.city);
  return city ? t('ask.wholeCity', { city: cityName(city) }) : t('ask.wholePlan');
}

/** Sets a typed point or the crosshair's; the tab itself offers tapping. */
export function setDrawnPoint(shape: Geometry, settled: boolean): void {
  if (settled && shape.type === 'Point') setQueryPoint(shape.coordinates);
}

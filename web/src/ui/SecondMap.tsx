// The second map: its own city, month and status group; its camera follows the first.
import { useEffect, useRef } from 'preact/hooks';
import { formatMonth, formatNumber } from '../format';
import { t } from '../i18n';
import { monthText, parseMonth } from '../planMonths';
import { monthHistogram } from '../currentScheme';
import { GROUPS, type StatusGroup } from '../symbology';
import { cityName, filter, cameraGoal, month, plan, mainMap } from '../state';
import { setSecondMap, secondMapInterventions, type SecondMapState } from '../state/secondMap';
import { Icon } from './Icon';
import { groupName } from './labels';

/** The caption of the first map while there are two. */
export function FirstMapCaption() {
  const city = cityName(plan.value?.cities.get(filter.value.city)) || t('city.all');
  return <p class="caption">{[city, month.value === null ? t('time.now') : formatMonth(month.value)].join(' · ')}</p>;
}

export function SecondMapArea({ now }: { now: SecondMapState }) {
  const holder = useRef<HTMLDivElement>(null);
  const set = (part: Partial<SecondMapState>) => setSecondMap({ ...now, ...part });
  const ready = mainMap.value !== null;
  useEffect(() => {
    let close: (() => void) | undefined;
    let gone = false;
    if (!ready) return;
    void import('../map/map').then(({ openMap: open }) => {
      if (!gone && holder.current) close = open(holder.current, { second: true });
    });
    return () => {
      gone = true;
      close?.();
    };
  }, [ready, now.city, filter.value.city]);
  const count = secondMapInterventions.value.filter((one) => !now.city || one.city === now.city).length;
  return (
    <section class="second-map" aria-label={t('beside.label')}>
      <div class="beside-bar">
        <label class="select">
          <span class="unseen">{t('city.choose')}</span>
          <select id="beside-city" value={now.city} onChange={(event) => set({ city: event.currentTarget.value })}>
            <option value="">{t('city.all')}</option>
            {[...(plan.value?.cities.values() ?? [])].map((city) => (
              <option key={city.id} value={city.id}>
                {cityName(city)}
              </option>
            ))}
          </select>
          <Icon name="down" />
        </label>
        <label class="select">
          <span class="unseen">{t('beside.year')}</span>
          <select
            id="beside-month"
            value={now.month === null ? '' : monthText(now.month)}
            onChange={(event) => set({ month: parseMonth(event.currentTarget.value) })}
          >
            <option value="">{t('time.now')}</option>
            {halfYears(now.month).map((one) => (
              <option key={one} value={monthText(one)}>
                {formatMonth(one)}
              </option>
            ))}
          </select>
          <Icon name="down" />
        </label>
        <label class="select">
          <span class="unseen">{t('filter.status')}</span>
          <select
            id="beside-status"
            value={now.group ?? ''}
            onChange={(event) => set({ group: GROUPS.find((one) => one === event.currentTarget.value) ?? null })}
          >
            <option value="">{t('beside.same')}</option>
            {GROUPS.map((group: StatusGroup) => (
              <option key={group} value={group}>
                {groupName(group)}
              </option>
            ))}
          </select>
          <Icon name="down" />
        </label>
        <span class="count">{formatNumber(count)}</span>
        <button type="button" class="square" aria-label={t('beside.close')} title={t('beside.close')} onClick={() => setSecondMap(null)}>
          <Icon name="close" />
        </button>
      </div>
      <div ref={holder} class="map" />
    </section>
  );
}

/** January and July of each year with dates, and the selected month. */
function halfYears(chosen: number | null): number[] {
  const { first, counts } = monthHistogram.value;
  const all = counts.map((_, i) => first + i).filter((one) => one % 6 === 0 || one === chosen);
  return chosen !== null && !all.includes(chosen) ? [...all, chosen].sort((a, b) => a - b) : all;
}

/** Chooses a city for the second map where none is visible to compare with. */
export function settle(): void {
  if (filter.value.city) cameraGoal.value = { to: 'city', id: filter.value.city };
}

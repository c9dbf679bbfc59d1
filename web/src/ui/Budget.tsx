// Cost by kind of the colour scheme, and by year. Each bar has its amount and the basis of the amount beside it.
import { sumByKind, sumByYear } from '../costSums';
import { formatEuros } from '../format';
import { t } from '../i18n';
import { markOf, colourScheme } from '../currentScheme';
import { filter, foundInterventions, setYears } from '../state';
import { MapSymbol } from './Symbol';

export function Budget() {
  const kinds = sumByKind(foundInterventions.value, markOf);
  const most = Math.max(1, ...[...kinds.values()].map(({ cost }) => cost));
  const { years, known } = sumByYear(foundInterventions.value);
  const mostYear = Math.max(1, ...years.map(({ cost }) => cost));
  const costed = [...kinds.values()].reduce((sum, part) => sum + part.known, 0);
  return (
    <section class="list budget" id="list" aria-label={t('chart.money')}>
      <h2>{t('chart.byKind')}</h2>
      <ul class="bars-list">
        {colourScheme.value.kinds
          .filter(({ mark }) => kinds.has(mark))
          .map(({ mark, label }) => {
            const part = kinds.get(mark)!;
            return (
              <li key={mark}>
                <span class="bar-name">
                  <MapSymbol mark={mark} />
                  {label}
                </span>
                <CostBar cost={part.cost} eu={part.eu} most={most} />
                <span class="bar-sum">
                  <b>{part.known ? formatEuros(part.cost) : t('cost.none')}</b>
                  <span class="sub">{t('chart.known', { known: part.known, count: part.count })}</span>
                </span>
              </li>
            );
          })}
      </ul>
      <h2>{t('chart.byYear')}</h2>
      <p class="note">{t('chart.spread', { known, costed })}</p>
      <ul class="bars-list years">
        {years.map(({ year, cost, eu }) => {
          const on = filter.value.from === year && filter.value.to === year;
          return (
            <li key={year}>
              <button type="button" class="link" aria-pressed={on} onClick={() => (on ? setYears(null, null) : setYears(year, year))}>
                {year}
              </button>
              <CostBar cost={cost} eu={eu} most={mostYear} />
              <b class="bar-sum">{cost ? formatEuros(cost) : '–'}</b>
            </li>
          );
        })}
      </ul>
      <p class="euro-key">
        <span class="key eu" />
        {t('sum.eu')}
        <span class="key own" />
        {t('chart.rest')}
      </p>
    </section>
  );
}

function CostBar({ cost, eu, most }: { cost: number; eu: number; most: number }) {
  const share = (part: number) => `${(part / most) * 100}%`;
  return (
    <span class="bar-track" aria-hidden="true">
      <span class="eu" style={{ inlineSize: share(eu) }} />
      <span class="own" style={{ inlineSize: share(cost - eu) }} />
    </span>
  );
}

// Years along the bottom: how many interventions run in each; one click shows a year, Shift and click a span.
import { t } from '../i18n';
import { filter, setYears, timeline } from '../state';

export function TimeBar() {
  const bars = timeline.value;
  const { from, to } = filter.value;
  const most = Math.max(1, ...bars.map(({ count }) => count));
  const chosen = (year: number) => (from !== null || to !== null) && year >= (from ?? -Infinity) && year <= (to ?? Infinity);
  const press = (year: number, extend: boolean) => {
    if (extend && from !== null) setYears(Math.min(from, year), Math.max(to ?? from, year));
    else if (from === year && to === year) setYears(null, null);
    else setYears(year, year);
  };
  const span = from === null && to === null ? t('time.all') : [...new Set([from ?? t('time.open'), to ?? t('time.open')])].join('–');
  return (
    <section class="time" aria-label={t('time.label')}>
      <span class="span">{span}</span>
      <div class={bars.length > 16 ? 'years many' : 'years'} onKeyDown={moveYear}>
        {bars.map(({ year, count }, i) => (
          <button
            key={year}
            class={year % 5 ? 'year' : 'year fifth'}
            aria-pressed={chosen(year)}
            aria-label={t('time.year', { year: String(year), count })}
            title={t('time.year', { year: String(year), count })}
            tabIndex={i === 0 ? 0 : -1}
            onClick={(event) => press(year, event.shiftKey)}
          >
            <span class="height" style={{ height: `${(count / most) * 100}%` }} />
            <span class="label">{year}</span>
          </button>
        ))}
      </div>
      <button class="button" hidden={from === null && to === null} onClick={() => setYears(null, null)}>
        {t('time.clear')}
      </button>
    </section>
  );
}

function moveYear(event: KeyboardEvent): void {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const all = [...document.querySelectorAll<HTMLElement>('.year')];
  const at = all.indexOf(document.activeElement as HTMLElement);
  if (!step || at < 0) return;
  event.preventDefault();
  all[at + step]?.focus();
}

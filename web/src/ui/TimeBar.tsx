// The time bar: a histogram of works per month, and a slider that shows the plan at a month. Play advances month by
// month; with reduced motion a press goes to the next change instead.
import { effect, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { formatMonth } from '../format';
import { t } from '../i18n';
import { nextChange, thisMonth, type MonthNumber } from '../planMonths';
import { monthHistogram } from '../currentScheme';
import { GROUPS } from '../symbology';
import { foundInterventions, month, plan, totals } from '../state';
import { Icon } from './Icon';
import { groupName } from './labels';
import { useDeferred } from './useDeferred';

/** On a small screen the bar is shown on request. */
export const timeOpen = signal(false);
const playing = signal(false);
const STEP_MS = 300;

const prefersStill = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

export function TimeBar() {
  useEffect(() => effect(playMonths), []);
  return plan.value ? <TimeControls /> : <div class="time" hidden />;
}

function TimeControls() {
  const ready = useDeferred();
  const { first, counts } = monthHistogram.value;
  if (!ready || !counts.length) return <div class="time" hidden />;
  const last = first + counts.length - 1;
  const at = Math.min(last, Math.max(first, month.value ?? thisMonth()));
  const share = (at - first + 0.5) / counts.length;
  return (
    <section class={`time ${timeOpen.value ? 'open' : ''}`} aria-label={t('time.label')}>
      {prefersStill() ? (
        <button type="button" class="square framed" aria-label={t('time.next')} title={t('time.next')} onClick={() => stepToChange(at, last)}>
          <Icon name="next" />
        </button>
      ) : (
        <button
          type="button"
          class="square framed"
          aria-label={playing.value ? t('time.pause') : t('time.play')}
          title={playing.value ? t('time.pause') : t('time.play')}
          onClick={() => startPlaying(at, first, last)}
        >
          <Icon name={playing.value ? 'pause' : 'play'} />
        </button>
      )}
      <p class="span" aria-hidden="true">
        <b>{month.value === null ? t('time.now') : formatMonth(at)}</b>
        <span class="muted">{month.value === null ? t('time.hint') : monthSummary(2)}</span>
      </p>
      <div class={`months ${month.value === null ? '' : 'set'}`}>
        <MonthBars counts={counts} />
        <YearTicks first={first} count={counts.length} />
        <span class="at" style={{ insetInlineStart: `${share * 100}%` }} />
        <input
          type="range"
          id="month"
          min={first}
          max={last}
          value={at}
          aria-label={t('time.month')}
          aria-valuetext={`${formatMonth(at)}${month.value === null ? '' : `: ${monthSummary()}`}`}
          onKeyDown={jumpWithKeys}
          onInput={(event) => {
            playing.value = false;
            month.value = Number(event.currentTarget.value);
          }}
        />
      </div>
      <button type="button" class="button" onClick={() => stopAt(thisMonth())}>
        {t('time.today')}
      </button>
      <button type="button" class="button" hidden={month.value === null} onClick={() => stopAt(null)}>
        {t('time.clear')}
      </button>
    </section>
  );
}

/** The totals at the month by status group, "Under way: 5 · Decided: 12"; works under way first. */
function monthSummary(most = GROUPS.length): string {
  const counted = GROUPS.map((group) => [group, totals.value.byGroup.get(group) ?? 0] as const).filter(([, count]) => count > 0);
  const order = (group: (typeof GROUPS)[number]) => (group === 'running' ? 0 : 1);
  counted.sort(([a], [b]) => order(a) - order(b));
  return (
    counted
      .slice(0, most)
      .map(([group, count]) => t('time.count', { count, group: groupName(group) }))
      .join(' · ') || t('list.count', { count: foundInterventions.value.length })
  );
}

function MonthBars({ counts }: { counts: number[] }) {
  const most = Math.max(1, ...counts);
  const steps = counts.map((count, i) => `V${most - count}H${i + 1}`).join('');
  return (
    <svg class="bars" viewBox={`0 0 ${counts.length} ${most}`} preserveAspectRatio="none" aria-hidden="true">
      <path d={`M0 ${most}${steps}V${most}z`} />
    </svg>
  );
}

/** A tick at each January, labelled with its year where it fits. */
function YearTicks({ first, count }: { first: MonthNumber; count: number }) {
  const all = Array.from({ length: Math.ceil(count / 12) }, (_, i) => first / 12 + i);
  const every = all.length > 40 ? 10 : all.length > 16 ? 5 : all.length > 9 ? 2 : 1;
  return (
    <div class="ticks" aria-hidden="true">
      {all.map((year) => (
        <span key={year} class={year % every ? '' : 'named'} style={{ insetInlineStart: `${((year * 12 - first) / count) * 100}%` }}>
          {year % every === 0 && year}
        </span>
      ))}
    </div>
  );
}

function jumpWithKeys(event: KeyboardEvent): void {
  const way = { PageUp: 12, PageDown: -12 }[event.key];
  const input = event.currentTarget as HTMLInputElement;
  if (!way) return;
  event.preventDefault();
  month.value = Math.min(Number(input.max), Math.max(Number(input.min), Number(input.value) + way));
}

function stepToChange(at: MonthNumber, last: MonthNumber): void {
  const next = plan.value && nextChange(plan.value.interventions, month.value === null ? at - 1 : at);
  month.value = next === null ? last : Math.min(next, last);
}

function startPlaying(at: MonthNumber, first: MonthNumber, last: MonthNumber): void {
  if (!playing.value && (month.value === null || at >= last)) month.value = month.value === null ? at : first;
  playing.value = !playing.value;
}

function stopAt(at: MonthNumber | null): void {
  playing.value = false;
  month.value = at;
}

/** Advances a month at each step; the last month stays. */
function playMonths(): (() => void) | undefined {
  if (!playing.value) return undefined;
  const timer = setInterval(() => {
    const { first, counts } = monthHistogram.peek();
    const next = (month.peek() ?? thisMonth()) + 1;
    if (next > first + counts.length - 1) playing.value = false;
    else month.value = next;
  }, STEP_MS);
  return () => clearInterval(timer);
}

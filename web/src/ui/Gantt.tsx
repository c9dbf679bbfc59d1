// A Gantt chart of the results: bars in the map's colours, in the order of the list, with the same keys and selection.
import { useComputed } from '@preact/signals';
import { formatPeriod } from '../format';
import { t } from '../i18n';
import { monthOf, thisMonth, worksSpan, type MonthNumber } from '../planMonths';
import type { Intervention } from '../plan';
import { markOf } from '../currentScheme';
import { hovered, month, foundRows, selectIntervention, selected, titleOf } from '../state';
import { listLimit, MoreButton, moveRow } from './listPaging';
import { hoverHandlers, RowTitle } from './Row';
import { MapSymbol } from './Symbol';

export function GanttChart() {
  const shown = foundRows.value.slice(0, listLimit.value);
  const spans = shown.flatMap((one) => worksSpan(one) ?? []).filter(Number.isFinite);
  const years = [...spans, thisMonth()].map((one) => Math.floor(one / 12));
  const first = Math.min(...years) * 12;
  const last = (Math.max(...years) + 1) * 12;
  const at = (one: MonthNumber) => `${((Math.min(one, last) - first) / (last - first)) * 100}%`;
  return (
    <section class="list gantt" id="list" aria-label={t('chart.time')} onKeyDown={moveRow}>
      <div class="axis" aria-hidden="true">
        <span>{first / 12}</span>
        <span class="today" style={{ insetInlineStart: at(thisMonth()) }}>
          {t('time.today')}
        </span>
        <span>{last / 12 - 1}</span>
      </div>
      <ul class="rows">
        {shown.map((one) => (
          <li key={one.id}>
            <GanttLine one={one} at={at} />
          </li>
        ))}
      </ul>
      <MoreButton />
    </section>
  );
}

function GanttLine({ one, at }: { one: Intervention; at: (month: MonthNumber) => string }) {
  const pointed = useComputed(() => hovered.value === one.id);
  const span = worksSpan(one);
  const name = titleOf(one);
  const end = span && Math.min(span[1] + 1, Number.MAX_SAFE_INTEGER);
  return (
    <button
      type="button"
      class={`row ${pointed.value ? 'pointed' : ''}`}
      data-id={one.id}
      aria-current={selected.value === one.id ? 'true' : undefined}
      tabIndex={foundRows.value[0]?.id === one.id ? 0 : -1}
      onClick={() => selectIntervention(one.id, true)}
      {...hoverHandlers(one.id)}
    >
      <MapSymbol mark={markOf(one)} />
      <RowTitle name={name} sub={formatPeriod(one)} />
      <span class="track" aria-hidden="true">
        {span && (
          <span
            class={`bar-run ${Number.isFinite(span[1]) ? '' : 'open'}`}
            style={{ background: `var(--${markOf(one)})`, insetInlineStart: at(span[0]), inlineSize: `calc(${at(end!)} - ${at(span[0])})` }}
          />
        )}
        <span class="now" style={{ insetInlineStart: at(month.value ?? monthOf(new Date().toISOString())) }} />
      </span>
    </button>
  );
}

// The list of results. Arrow keys move in it, Enter opens; the row of the selected or hovered intervention is marked.
import { computed, effect, signal, useComputed } from '@preact/signals';
import { useLayoutEffect } from 'preact/hooks';
import { t, type MessageKey } from '../i18n';
import { formatPeriod } from '../format';
import { GROUPS, statusesOf } from '../symbology';
import { widerFilters, type PlanFilterPart, type Intervention, type ListOrder } from '../plan';
import { kindOf, markOf, colourScheme } from '../currentScheme';
import {
  cityName,
  filter,
  foundInterventions,
  hovered,
  month,
  order,
  plan,
  planLayout,
  foundRows,
  selectIntervention,
  selected,
  titleOf,
  clearFilterPart,
} from '../state';
import { Budget } from './Budget';
import { GanttChart } from './Gantt';
import { Icon } from './Icon';
import { groupName, codeLabel } from './labels';
import { listLimit, MoreButton, moveRow } from './listPaging';
import { RowMoney, hoverHandlers, RowTitle } from './Row';
import { MapSymbol } from './Symbol';

/** The row to return to after reading the detail. */
const lastRead = signal('');
effect(() => {
  if (selected.value) lastRead.value = selected.value;
});

export function InterventionList() {
  useLayoutEffect(() => {
    if (lastRead.value && document.activeElement === document.body) {
      document.querySelector<HTMLElement>(`.row[data-id="${CSS.escape(lastRead.value)}"]`)?.focus();
    }
  }, []);
  if (!foundInterventions.value.length) return <NothingFound />;
  if (planLayout.value !== 'list') return planLayout.value === 'time' ? <GanttChart /> : <Budget />;
  const shown = foundRows.value.slice(0, listLimit.value);
  const grouped = order.value === 'status';
  return (
    <section class="list" id="list" aria-label={t('list.label')} onKeyDown={moveRow}>
      {grouped ? (
        GROUPS.filter((group) => shown.some((one) => one.group === group)).map((group) => (
          <section key={group} class="group" aria-label={groupName(group)}>
            <h2>{groupName(group)}</h2>
            <ListRows list={shown.filter((one) => one.group === group)} />
          </section>
        ))
      ) : (
        <ListRows list={shown} />
      )}
      <MoreButton />
    </section>
  );
}

/** The one row in the tab order: the last one read, else the first. */
const entryRow = computed(() => (foundRows.value.some((row) => row.id === lastRead.value) ? lastRead.value : foundRows.value[0]?.id));

const ORDER_NAMES: [ListOrder, MessageKey][] = [
  ['status', 'order.status'],
  ['start', 'order.start'],
  ['cost', 'order.cost'],
  ['title', 'order.title'],
];

export function OrderChooser() {
  return (
    <label class="select quiet">
      <span>{t('order.label')}</span>
      <select id="order" value={order.value} onChange={(event) => (order.value = event.currentTarget.value as ListOrder)}>
        {ORDER_NAMES.map(([id, name]) => (
          <option key={id} value={id}>
            {t(name)}
          </option>
        ))}
      </select>
      <Icon name="down" />
    </label>
  );
}

function ListRows({ list }: { list: Intervention[] }) {
  return (
    <ul class="rows">
      {list.map((one) => (
        <li key={one.id}>
          <ListRow one={one} />
        </li>
      ))}
    </ul>
  );
}

function ListRow({ one }: { one: Intervention }) {
  const name = titleOf(one);
  const pointed = useComputed(() => hovered.value === one.id);
  const functions = one.functions.map((id) => codeLabel('function', id)).join(', ');
  const city = filter.value.city ? '' : cityName(plan.value?.cities.get(one.city));
  const kind = colourScheme.value.id === 'objective' ? kindOf(one)?.label : '';
  const plainStatus =
    month.value !== null ? groupName(one.group) : order.value === 'status' && statusesOf(one.group).length === 1 ? '' : codeLabel('status', one.status);
  return (
    <button
      type="button"
      class={`row ${pointed.value ? 'pointed' : ''}`}
      data-id={one.id}
      aria-current={selected.value === one.id ? 'true' : undefined}
      tabIndex={entryRow.value === one.id ? 0 : -1}
      onClick={() => selectIntervention(one.id, true)}
      {...hoverHandlers(one.id)}
    >
      <MapSymbol mark={markOf(one)} />
      <RowTitle name={name} sub={[plainStatus, formatPeriod(one), city, functions, kind, one.geometry ? '' : t('place.none')].filter(Boolean).join(' · ')} />
      <RowMoney one={one} />
    </button>
  );
}

const WIDEN_TEXTS: Record<PlanFilterPart, MessageKey> = {
  text: 'widen.text',
  statuses: 'widen.statuses',
  objectives: 'widen.objectives',
  functions: 'widen.functions',
  years: 'widen.years',
  city: 'widen.city',
};

/** Why there are no results, with buttons that remove one filter each. */
function NothingFound() {
  if (!plan.value) return null;
  const ways = widerFilters(plan.value, filter.value);
  const text = filter.value.text.trim();
  return (
    <section class="nothing" id="list">
      <h2>{t('nothing.title')}</h2>
      <p>{text ? t('nothing.text', { text }) : t('nothing.filters')}</p>
      {ways.map(({ part, count }) => (
        <button type="button" key={part} class="button wide" onClick={() => clearFilterPart(part)}>
          {t(WIDEN_TEXTS[part])}
          <span class="count">{t('list.count', { count })}</span>
        </button>
      ))}
      {month.value !== null && (
        <button type="button" class="button wide" onClick={() => (month.value = null)}>
          {t('widen.month')}
        </button>
      )}
      {!ways.length && (
        <button
          type="button"
          class="button wide"
          onClick={() => (['city', 'text', 'statuses', 'objectives', 'functions', 'years'] as const).forEach(clearFilterPart)}
        >
          {t('widen.all')}
        </button>
      )}
    </section>
  );
}

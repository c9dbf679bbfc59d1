// The list of what was found. Arrow keys move in it, Enter opens; the row of what is selected or pointed at on the
// map is marked.
import { computed, effect, signal, useComputed } from '@preact/signals';
import { useLayoutEffect } from 'preact/hooks';
import { t, type MessageKey } from '../i18n';
import { period } from '../format';
import { GROUPS, statusesOf } from '../symbology';
import { widenings, type PlanFilterPart, type Intervention, type ListOrder } from '../plan';
import { kindOf, markOf, scheme } from '../currentScheme';
import { cityName, filter, found, hovered, month, order, plan, reading, rows, select, selected, titleOf, widen } from '../state';
import { Budget } from './Budget';
import { Gantt } from './Gantt';
import { Icon } from './Icon';
import { groupName, label } from './labels';
import { Money, pointing, What } from './Row';
import { MarkSign } from './Symbol';

const STEP = 200;
export const limit = signal(STEP);

/** The row to come back to after reading one. */
const lastRead = signal('');
effect(() => {
  if (selected.value) lastRead.value = selected.value;
});

export function List() {
  useLayoutEffect(() => {
    if (lastRead.value && document.activeElement === document.body) {
      document.querySelector<HTMLElement>(`.row[data-id="${CSS.escape(lastRead.value)}"]`)?.focus();
    }
  }, []);
  if (!found.value.length) return <Nothing />;
  if (reading.value !== 'list') return reading.value === 'time' ? <Gantt /> : <Budget />;
  const shown = rows.value.slice(0, limit.value);
  const grouped = order.value === 'status';
  return (
    <section class="list" id="list" aria-label={t('list.label')} onKeyDown={moveRow}>
      {grouped ? (
        GROUPS.filter((group) => shown.some((one) => one.group === group)).map((group) => (
          <section key={group} class="group" aria-label={groupName(group)}>
            <h2>{groupName(group)}</h2>
            <Rows list={shown.filter((one) => one.group === group)} />
          </section>
        ))
      ) : (
        <Rows list={shown} />
      )}
      <More />
    </section>
  );
}

/** The next piece of a long list. */
export function More() {
  const left = rows.value.length - limit.value;
  if (left <= 0) return null;
  return (
    <button type="button" class="button wide" onClick={() => (limit.value += STEP)}>
      {t('list.more', { count: Math.min(left, STEP) })}
    </button>
  );
}

/** The one row that Tab reaches: the last one read, else the first. */
const entry = computed(() => (rows.value.some((row) => row.id === lastRead.value) ? lastRead.value : rows.value[0]?.id));

const ORDERS: [ListOrder, MessageKey][] = [
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
        {ORDERS.map(([id, name]) => (
          <option key={id} value={id}>
            {t(name)}
          </option>
        ))}
      </select>
      <Icon name="down" />
    </label>
  );
}

function Rows({ list }: { list: Intervention[] }) {
  return (
    <ul class="rows">
      {list.map((one) => (
        <li key={one.id}>
          <Row one={one} />
        </li>
      ))}
    </ul>
  );
}

function Row({ one }: { one: Intervention }) {
  const name = titleOf(one);
  const pointed = useComputed(() => hovered.value === one.id);
  const functions = one.functions.map((id) => label('function', id)).join(', ');
  const city = filter.value.city ? '' : cityName(plan.value?.cities.get(one.city));
  const kind = scheme.value.id === 'objective' ? kindOf(one)?.label : '';
  const plainStatus =
    month.value !== null ? groupName(one.group) : order.value === 'status' && statusesOf(one.group).length === 1 ? '' : label('status', one.status);
  return (
    <button
      type="button"
      class={`row ${pointed.value ? 'pointed' : ''}`}
      data-id={one.id}
      aria-current={selected.value === one.id ? 'true' : undefined}
      tabIndex={entry.value === one.id ? 0 : -1}
      onClick={() => select(one.id, true)}
      {...pointing(one.id)}
    >
      <MarkSign mark={markOf(one)} />
      <What name={name} sub={[plainStatus, period(one), city, functions, kind, one.geometry ? '' : t('place.none')].filter(Boolean).join(' · ')} />
      <Money one={one} />
    </button>
  );
}

export function moveRow(event: KeyboardEvent): void {
  const all = [...document.querySelectorAll<HTMLElement>('.list .row')];
  const at = all.indexOf(document.activeElement as HTMLElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
  if (at < 0 || to === undefined) return;
  event.preventDefault();
  all[Math.max(0, Math.min(to, all.length - 1))]?.focus();
}

const WIDEN: Record<PlanFilterPart, MessageKey> = {
  text: 'widen.text',
  statuses: 'widen.statuses',
  objectives: 'widen.objectives',
  functions: 'widen.functions',
  years: 'widen.years',
  city: 'widen.city',
};

/** Why nothing is there, and the one click that finds something. */
function Nothing() {
  if (!plan.value) return null;
  const ways = widenings(plan.value, filter.value);
  const text = filter.value.text.trim();
  return (
    <section class="nothing" id="list">
      <h2>{t('nothing.title')}</h2>
      <p>{text ? t('nothing.text', { text }) : t('nothing.filters')}</p>
      {ways.map(({ part, count }) => (
        <button type="button" key={part} class="button wide" onClick={() => widen(part)}>
          {t(WIDEN[part])}
          <span class="count">{t('list.count', { count })}</span>
        </button>
      ))}
      {month.value !== null && (
        <button type="button" class="button wide" onClick={() => (month.value = null)}>
          {t('widen.month')}
        </button>
      )}
      {!ways.length && (
        <button type="button" class="button wide" onClick={() => (['city', 'text', 'statuses', 'objectives', 'functions', 'years'] as const).forEach(widen)}>
          {t('widen.all')}
        </button>
      )}
    </section>
  );
}

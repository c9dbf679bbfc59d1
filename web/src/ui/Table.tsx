// Everything that was found as a table that sorts by any column; long ones a piece at a time.
import { computed, signal, useComputed } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { language, t, type Key } from '../i18n';
import { exactEuros, period } from '../format';
import type { Intervention } from '../plan';
import { cityName, filter, found, hovered, plan, select, selected, sorting, tab, titleOf } from '../state';
import { label, title } from './labels';
import { Sign } from './Sign';

interface Column {
  id: string;
  name: () => string;
  /** What it sorts by; null comes last in either direction. */
  value: (one: Intervention) => string | number | null;
  show: (one: Intervention) => ComponentChildren;
  number?: boolean;
}

const COLUMNS: Column[] = [
  { id: 'title', name: () => title('title'), value: (one) => titleOf(one).text, show: Title },
  { id: 'city', name: () => title('city'), value: nameOfCity, show: nameOfCity },
  { id: 'status', name: () => title('status'), value: (one) => label('status', one.status), show: Status },
  { id: 'start', name: () => t('table.period'), value: (one) => one.start ?? one.end ?? null, show: period },
  { id: 'cost', name: () => title('cost'), value: (one) => one.cost, show: (one) => money(one.cost, 'cost.none'), number: true },
  { id: 'scope', name: () => title('cost_scope'), value: scope, show: scope },
  { id: 'eu', name: () => title('eu_share'), value: (one) => one.euShare, show: (one) => money(one.euShare, 'eu.none'), number: true },
  { id: 'functions', name: () => title('functions'), value: functions, show: functions },
  { id: 'place', name: () => title('place'), value: place, show: place },
];

const STEP = 200;
const limit = signal(STEP);

/** The column it sorts by; one that an old link names and nobody knows is the first. */
const sorted = computed(() => {
  const id = sorting.value.replace(/^-/, '');
  const column = COLUMNS.find((one) => one.id === id) ?? COLUMNS[0]!;
  return { column, down: sorting.value.startsWith('-'), list: ordered(found.value, column, sorting.value.startsWith('-')) };
});

export function Table() {
  const { column, down, list } = sorted.value;
  const columns = COLUMNS.filter((one) => one.id !== 'city' || !filter.value.city);
  const left = list.length - limit.value;
  return (
    <div class="table-area" tabIndex={0} role="region" aria-label={t('table.label')}>
      <h1 class="unseen">{t('table.label')}</h1>
      <table>
        <caption>{t('list.count', { count: list.length })}</caption>
        <thead>
          <tr>
            {columns.map((one) => (
              <th key={one.id} scope="col" class={one.number ? 'number' : ''} aria-sort={one !== column ? 'none' : down ? 'descending' : 'ascending'}>
                <button onClick={() => (sorting.value = one === column && !down ? `-${one.id}` : one.id)}>{one.name()}</button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {list.slice(0, limit.value).map((one) => (
            <Line key={one.id} one={one} columns={columns} />
          ))}
        </tbody>
      </table>
      {left > 0 && (
        <button class="button more" onClick={() => (limit.value += STEP)}>
          {t('list.more', { count: Math.min(left, STEP) })}
        </button>
      )}
    </div>
  );
}

function Line({ one, columns }: { one: Intervention; columns: Column[] }) {
  const mark = useComputed(() => (selected.value === one.id ? 'chosen' : hovered.value === one.id ? 'pointed' : ''));
  return (
    <tr class={mark.value} onPointerEnter={() => (hovered.value = one.id)} onPointerLeave={() => (hovered.value = '')}>
      {columns.map((cell) => (
        <td key={cell.id} data-column={cell.id} class={cell.number ? 'number' : ''}>
          {cell.show(one)}
        </td>
      ))}
    </tr>
  );
}

function ordered(list: Intervention[], { value }: Column, down: boolean): Intervention[] {
  const collator = new Intl.Collator(language.value, { numeric: true });
  return [...list].sort((one, other) => {
    const [a, b] = [value(one), value(other)];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    const way = typeof a === 'number' && typeof b === 'number' ? a - b : collator.compare(String(a), String(b));
    return down ? -way : way;
  });
}

function Title(one: Intervention) {
  const name = titleOf(one);
  const open = () => {
    select(one.id, true);
    tab.value = 'plan';
  };
  return (
    <button class="link" lang={name.language} onClick={open}>
      {name.text}
    </button>
  );
}

function Status(one: Intervention) {
  return (
    <span class="status">
      <Sign group={one.group} />
      {label('status', one.status)}
    </span>
  );
}

function nameOfCity(one: Intervention): string {
  return cityName(plan.value?.cities.get(one.city));
}

function functions(one: Intervention): string {
  return one.functions.map((id) => label('function', id)).join(', ');
}

function scope(one: Intervention): string | null {
  return one.cost === null ? null : label('cost_scope', one.costScope);
}

function place(one: Intervention): string {
  return one.geometry ? String(one.properties.place ?? '') : t('place.none');
}

function money(cents: number | null, unknown: Key): ComponentChildren {
  return cents === null ? <span class="none">{t(unknown)}</span> : exactEuros(cents);
}

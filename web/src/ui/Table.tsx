// Everything that was found as a table that sorts by any column.
import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { language, t } from '../i18n';
import { exactEuros, period } from '../format';
import type { Intervention } from '../plan';
import { cityName, found, hovered, plan, select, selected, tab, titleOf } from '../state';
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
  { id: 'cost', name: () => title('cost'), value: (one) => one.cost, show: (one) => money(one.cost), number: true },
  { id: 'scope', name: () => title('cost_scope'), value: scope, show: scope },
  { id: 'eu', name: () => title('eu_share'), value: (one) => one.euShare, show: (one) => money(one.euShare), number: true },
  { id: 'functions', name: () => title('functions'), value: functions, show: functions },
  { id: 'place', name: () => title('place'), value: place, show: place },
];

const sorting = signal<{ column: string; down: boolean }>({ column: 'title', down: false });

export function Table() {
  const { column, down } = sorting.value;
  const list = ordered(found.value, COLUMNS.find((one) => one.id === column)!, down);
  return (
    <div class="table-area" tabIndex={0} role="region" aria-label={t('table.label')}>
      <table>
        <caption>{t('list.count', { count: list.length })}</caption>
        <thead>
          <tr>
            {COLUMNS.map((one) => (
              <th key={one.id} scope="col" aria-sort={one.id !== column ? 'none' : down ? 'descending' : 'ascending'}>
                <button onClick={() => (sorting.value = { column: one.id, down: one.id === column && !down })}>{one.name()}</button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {list.map((one) => (
            <tr
              key={one.id}
              class={[selected.value === one.id && 'chosen', hovered.value === one.id && 'pointed'].filter(Boolean).join(' ')}
              onPointerEnter={() => (hovered.value = one.id)}
              onPointerLeave={() => (hovered.value = '')}
            >
              {COLUMNS.map((cell) => (
                <td key={cell.id} class={cell.number ? 'number' : ''}>
                  {cell.show(one)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
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

function money(cents: number | null): string {
  return cents === null ? t('cost.unknown') : exactEuros(cents);
}

// The columns of the plan as a table, the same on the page, on paper and in a file.
import type { ComponentChildren } from 'preact';
import { formatExactEuros, formatPeriod } from '../format';
import { t, type MessageKey } from '../i18n';
import type { Intervention } from '../plan';
import { markOf } from '../currentScheme';
import { cityName, month, plan, selectIntervention, tab, titleOf } from '../state';
import { groupName, codeLabel, fieldName } from './labels';
import { MapSymbol } from './Symbol';

export interface TableColumn {
  id: string;
  name: () => string;
  /** The value to sort by and to export; null sorts last in both directions. */
  value: (one: Intervention) => string | number | null;
  show: (one: Intervention) => ComponentChildren;
  number?: boolean;
  /** Shown by default. */
  first?: boolean;
}

const said = (name: string) => (one: Intervention) => {
  const value = one.properties[name];
  return value === null || value === undefined || value === '' ? null : Array.isArray(value) ? value.map(String).join(', ') : String(value);
};

const plain = (id: string, value: TableColumn['value'], first = false): TableColumn => ({
  id,
  name: () => fieldName(id),
  value,
  show: (one) => value(one) ?? '–',
  first,
});

export const COLUMNS: TableColumn[] = [
  { id: 'title', name: () => fieldName('title'), value: (one) => titleOf(one).text, show: TitleCell, first: true },
  plain('city', (one) => cityName(plan.value?.cities.get(one.city)), true),
  { id: 'status', name: () => fieldName('status'), value: status, show: StatusCell, first: true },
  { id: 'start', name: () => t('table.period'), value: (one) => one.start ?? one.end ?? null, show: formatPeriod, first: true },
  { id: 'end', name: () => fieldName('end'), value: (one) => one.end ?? null, show: (one) => one.end ?? '–' },
  {
    id: 'cost',
    name: () => fieldName('cost'),
    value: ({ cost }) => euroCell(cost),
    show: (one) => moneyColumn(one.cost, 'cost.none'),
    number: true,
    first: true,
  },
  plain('cost_scope', (one) => (one.cost === null ? null : codeLabel('cost_scope', one.costScope)), true),
  {
    id: 'eu_share',
    name: () => fieldName('eu_share'),
    value: (one) => euroCell(one.euShare),
    show: (one) => moneyColumn(one.euShare, 'eu.none'),
    number: true,
    first: true,
  },
  plain('functions', (one) => one.functions.map((id) => codeLabel('function', id)).join(', ') || null, true),
  plain('objectives', (one) => one.objectives.join(', ') || null),
  {
    id: 'place',
    name: () => fieldName('place'),
    value: said('place'),
    show: (one) => (one.geometry ? (said('place')(one) ?? '–') : t('place.none')),
    first: true,
  },
  plain('lead', said('lead')),
  plain('code', said('code')),
  plain('sources', said('sources')),
];

const euroCell = (cents: number | null) => (cents === null ? null : cents / 100);

function status(one: Intervention): string {
  return month.value === null ? codeLabel('status', one.status) : groupName(one.group);
}

function TitleCell(one: Intervention) {
  const name = titleOf(one);
  const open = () => {
    selectIntervention(one.id, true);
    tab.value = 'plan';
  };
  return (
    <button type="button" class="link" lang={name.language} onClick={open}>
      {name.text}
    </button>
  );
}

function StatusCell(one: Intervention) {
  return (
    <span class="status">
      <MapSymbol mark={markOf(one)} />
      {status(one)}
    </span>
  );
}

function moneyColumn(cents: number | null, unknown: MessageKey): ComponentChildren {
  return cents === null ? <span class="none">{t(unknown)}</span> : formatExactEuros(cents);
}

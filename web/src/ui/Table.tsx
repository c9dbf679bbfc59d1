// The results as a table: sortable, with a choice of columns and rows to tick. Only visible rows are in the document,
// however many there are. Follows the ARIA grid pattern: one tab stop, arrow keys from cell to cell.
import { computed, signal, useComputed } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { language, t } from '../i18n';
import type { Intervention } from '../plan';
import { filter, foundInterventions, hovered, writeSetting, readSetting, selected, sorting } from '../state';
import { tickRow, tickAllRows, tickedIds, tickedInterventions } from '../state/tickedRows';
import { editorModule } from '../state/editor';
import { COLUMNS, type TableColumn } from './columns';
import { FilterDetails } from './Filters';
import { Icon } from './Icon';
import { downloadCsv } from './downloads';

const ROW_PX = 45; // pixels; equal heights make the position of any row known
const HEAD_PX = 46;
const EXTRA_ROWS = 8;

/** Ids of the columns shown. */
const shownColumns = signal<ReadonlySet<string>>(startColumns());
const scrollWindow = signal({ top: 0, height: 600 });
/** The cell in the tab order: row −1 is the header, column −1 the tick. */
const focusedCell = signal({ row: -1, column: 0 });

/** The sort column; an unknown one from an old link becomes the first. */
const sortedRows = computed(() => {
  const id = sorting.value.replace(/^-/, '');
  const column = COLUMNS.find((one) => one.id === id) ?? COLUMNS[0]!;
  return { column, down: sorting.value.startsWith('-'), list: ordered(foundInterventions.value, column, sorting.value.startsWith('-')) };
});

const visibleColumns = computed(() => COLUMNS.filter(({ id }) => shownColumns.value.has(id) && (id !== 'city' || !filter.value.city)));

export function InterventionTable() {
  const work = editorModule.value;
  return (
    <div class="table-area">
      <h1 class="unseen">{t('table.label')}</h1>
      <TableTools />
      {work && <work.BulkBar />}
      <TableGrid />
    </div>
  );
}

function TableTools() {
  const ticked = tickedInterventions.value.length;
  const list = sortedRows.value.list;
  return (
    <div class="table-tools">
      <p>
        {t('list.count', { count: list.length })}
        {ticked > 0 && <span class="muted"> · {t('table.ticked', { count: ticked })}</span>}
      </p>
      <FilterDetails />
      <details class="column-choice">
        <summary>
          {t('table.columns')}
          <Icon name="down" />
        </summary>
        <div class="choices">
          {COLUMNS.map(({ id, name }, i) => (
            <label key={id} class="choice">
              <input type="checkbox" checked={shownColumns.value.has(id)} disabled={i === 0} onChange={() => toggleColumn(id)} />
              <span>{name()}</span>
            </label>
          ))}
        </div>
      </details>
      <button type="button" class="button" onClick={() => downloadCsv(ticked ? list.filter(({ id }) => tickedIds.value.has(id)) : list, visibleColumns.value)}>
        {t('take.csv')}
      </button>
    </div>
  );
}

function TableGrid() {
  const area = useRef<HTMLDivElement>(null);
  const { column, down, list } = sortedRows.value;
  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => (scrollWindow.value = { ...scrollWindow.peek(), height: entry!.contentRect.height }));
    watch.observe(area.current!);
    return () => watch.disconnect();
  }, []);
  useEffect(() => area.current?.scrollTo({ top: 0 }), [sorting.value, filter.value]);
  const { top, height } = scrollWindow.value;
  const first = Math.max(0, Math.floor(top / ROW_PX) - EXTRA_ROWS);
  const last = Math.min(list.length, Math.ceil((top + height) / ROW_PX) + EXTRA_ROWS);
  const all = list.length > 0 && list.every(({ id }) => tickedIds.value.has(id));
  const at = focusedCell.value;
  return (
    <div class="grid-area" ref={area} onScroll={(event) => (scrollWindow.value = { ...scrollWindow.peek(), top: event.currentTarget.scrollTop })}>
      <table
        role="grid"
        aria-label={t('table.label')}
        aria-rowcount={list.length + 1}
        aria-colcount={visibleColumns.value.length + 1}
        aria-multiselectable="true"
        onKeyDown={(event) => moveFocus(event, list)}
        onFocusIn={followFocus}
      >
        <thead>
          <tr aria-rowindex={1}>
            <th class="tick" role="columnheader" data-cell="-1,-1">
              <label>
                <input type="checkbox" aria-label={t('table.tickAll')} checked={all} tabIndex={tabIndexOf(at, -1, -1)} onChange={() => tickAllRows(!all)} />
              </label>
            </th>
            {visibleColumns.value.map((one, i) => (
              <th
                key={one.id}
                role="columnheader"
                scope="col"
                data-cell={`-1,${i}`}
                class={one.number ? 'number' : ''}
                aria-sort={one !== column ? 'none' : down ? 'descending' : 'ascending'}
              >
                <button type="button" tabIndex={tabIndexOf(at, -1, i)} onClick={() => (sorting.value = one === column && !down ? `-${one.id}` : one.id)}>
                  {one.name()}
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <SpacerRow rows={first} />
          {list.slice(first, last).map((one, i) => (
            <TableRow key={one.id} one={one} row={first + i} />
          ))}
          <SpacerRow rows={list.length - last} />
        </tbody>
      </table>
      {!list.length && <p class="note nothing">{t('nothing.filters')}</p>}
    </div>
  );
}

const SpacerRow = ({ rows }: { rows: number }) => (rows > 0 ? <tr class="space" aria-hidden="true" style={{ blockSize: `${rows * ROW_PX}px` }} /> : null);

function TableRow({ one, row }: { one: Intervention; row: number }) {
  const mark = useComputed(() => `${selected.value === one.id ? 'chosen' : ''} ${hovered.value === one.id ? 'pointed' : ''}`);
  const ticked = useComputed(() => tickedIds.value.has(one.id));
  const line = useRef<HTMLTableRowElement>(null);
  const at = focusedCell.value;
  // The focused cell's row enters the document with its rendering, and takes the focus then.
  useLayoutEffect(() => {
    if (wantedCell && wantedCell.row === row) focusCell(wantedCell.row, wantedCell.column);
  });
  return (
    <tr
      ref={line}
      class={mark.value}
      data-id={one.id}
      aria-rowindex={row + 2}
      aria-selected={ticked.value}
      onPointerEnter={() => (hovered.value = one.id)}
      onPointerLeave={() => (hovered.value = '')}
    >
      <td class="tick" role="gridcell" data-cell={`${row},-1`}>
        <label>
          <input
            type="checkbox"
            aria-label={t('table.tick', { title: one.title })}
            checked={ticked.value}
            tabIndex={tabIndexOf(at, row, -1)}
            onChange={() => tickRow(one.id, !ticked.value)}
          />
        </label>
      </td>
      {visibleColumns.value.map((column, i) => (
        <td
          key={column.id}
          role={i ? 'gridcell' : 'rowheader'}
          data-column={column.id}
          data-cell={`${row},${i}`}
          class={column.number ? 'number' : ''}
          tabIndex={i ? tabIndexOf(at, row, i) : undefined}
          title={i ? String(column.value(one) ?? '') : undefined}
        >
          {column.show(one)}
        </td>
      ))}
    </tr>
  );
}

const tabIndexOf = (at: { row: number; column: number }, row: number, column: number) => (at.row === row && at.column === column ? 0 : -1);

/** The cell that is still to be focused. */
let wantedCell: { row: number; column: number } | null = null;

function focusCell(row: number, column: number): boolean {
  const found = document.querySelector<HTMLElement>(`.grid-area [data-cell="${row},${column}"]`);
  if (!found) return false;
  wantedCell = null;
  const inner = found.querySelector<HTMLElement>('button, input');
  (inner ?? found).focus({ preventScroll: true });
  found.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  return true;
}

/** A cell focused by pointer or Tab is where the keys continue. */
function followFocus(event: FocusEvent): void {
  const [row, column] = (event.target as HTMLElement).closest<HTMLElement>('[data-cell]')?.dataset.cell?.split(',').map(Number) ?? [];
  if (row !== undefined && column !== undefined && (focusedCell.peek().row !== row || focusedCell.peek().column !== column))
    focusedCell.value = { row, column };
}

function moveFocus(event: KeyboardEvent, list: Intervention[]): void {
  const { row, column } = focusedCell.value;
  const [lastRow, lastColumn] = [list.length - 1, visibleColumns.value.length - 1];
  const page = Math.max(1, Math.floor((scrollWindow.value.height - HEAD_PX) / ROW_PX) - 1);
  const to = {
    ArrowDown: [row + 1, column],
    ArrowUp: [row - 1, column],
    ArrowRight: [row, column + 1],
    ArrowLeft: [row, column - 1],
    PageDown: [row + page, column],
    PageUp: [Math.max(row - page, Math.min(row, 0)), column],
    Home: [event.ctrlKey ? 0 : row, event.ctrlKey ? 0 : -1],
    End: [event.ctrlKey ? lastRow : row, lastColumn],
  }[event.key] as [number, number] | undefined;
  if (event.key === ' ' && row >= 0 && column > 0) {
    event.preventDefault();
    const one = list[row]!;
    tickRow(one.id, !tickedIds.value.has(one.id));
  }
  if (!to) return;
  event.preventDefault();
  const next = { row: clamp(to[0], -1, lastRow), column: clamp(to[1], -1, lastColumn) };
  focusedCell.value = next;
  wantedCell = next;
  if (next.row >= 0) scrollToCell(next.row);
  if (focusCell(next.row, next.column)) return;
  requestAnimationFrame(() => focusCell(next.row, next.column));
}

function scrollToCell(row: number): void {
  const area = document.querySelector('.grid-area')!;
  const [from, to] = [row * ROW_PX, (row + 1) * ROW_PX + HEAD_PX];
  if (from < area.scrollTop) area.scrollTo({ top: from });
  else if (to > area.scrollTop + area.clientHeight) area.scrollTo({ top: to - area.clientHeight });
}

const clamp = (value: number, low: number, high: number) => Math.max(low, Math.min(high, value));

function ordered(list: Intervention[], { value }: TableColumn, down: boolean): Intervention[] {
  const collator = new Intl.Collator(language.value, { numeric: true });
  const keyed = list.map((one) => ({ one, key: value(one) }));
  keyed.sort(({ key: a }, { key: b }) => {
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    const way = typeof a === 'number' && typeof b === 'number' ? a - b : collator.compare(String(a), String(b));
    return down ? -way : way;
  });
  return keyed.map(({ one }) => one);
}

function startColumns(): ReadonlySet<string> {
  const known = readSetting('columns')
    .split(',')
    .filter((id) => COLUMNS.some((one) => one.id === id));
  return new Set(known.length ? known : COLUMNS.filter(({ first }) => first).map(({ id }) => id));
}

function toggleColumn(id: string): void {
  const next = new Set(shownColumns.value);
  if (!next.delete(id)) next.add(id);
  shownColumns.value = next;
  writeSetting('columns', [...next].join());
}

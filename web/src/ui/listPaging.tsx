// Paging and keys of long lists, shared by the list and the Gantt chart.
import { signal } from '@preact/signals';
import { t } from '../i18n';
import { foundRows } from '../state';

const PAGE_SIZE = 200;
export const listLimit = signal(PAGE_SIZE);

/** Shows the next page of a long list. */
export function MoreButton() {
  const left = foundRows.value.length - listLimit.value;
  if (left <= 0) return null;
  return (
    <button type="button" class="button wide" onClick={() => (listLimit.value += PAGE_SIZE)}>
      {t('list.more', { count: Math.min(left, PAGE_SIZE) })}
    </button>
  );
}

/** Arrow keys, Home and End move the focus from row to row. */
export function moveRow(event: KeyboardEvent): void {
  const all = [...document.querySelectorAll<HTMLElement>('.list .row')];
  const at = all.indexOf(document.activeElement as HTMLElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
  if (at < 0 || to === undefined) return;
  event.preventDefault();
  all[Math.max(0, Math.min(to, all.length - 1))]?.focus();
}

// Downloads of the results: table, features, picture of the map.
import { toCsv, downloadFile, toGeojson, lonlatCells } from '../export';
import { t } from '../i18n';
import type { Intervention } from '../plan';
import { announcement, cityName, filter, plan, foundRows } from '../state';
import { COLUMNS, type TableColumn } from './columns';
import { fieldName } from './labels';

/** "cityheart-celje-2026-06-30" */
function fileStem(): string {
  const city = cityName(plan.value?.cities.get(filter.value.city));
  return ['cityheart', city.toLowerCase().replace(/\s+/g, '-'), new Date().toISOString().slice(0, 10)].filter(Boolean).join('-');
}

export function downloadCsv(list: Intervention[] = foundRows.value, columns: TableColumn[] = COLUMNS): void {
  const head = [fieldName('id'), ...columns.map((column) => column.name()), 'lon', 'lat'];
  const lines = list.map((one) => [one.id, ...columns.map((column) => column.value(one)), ...lonlatCells(one)]);
  downloadFile(`${fileStem()}.csv`, toCsv(head, lines), 'text/csv;charset=utf-8');
  announcement.value = t('take.done', { count: list.length });
}

export function downloadGeojson(list: Intervention[] = foundRows.value): void {
  downloadFile(`${fileStem()}.geojson`, toGeojson(list), 'application/geo+json');
  announcement.value = t('take.done', { count: list.length });
}

export async function downloadPicture(): Promise<void> {
  const { renderPicture: picture } = await import('../map/mapPicture');
  downloadFile(`${fileStem()}.png`, await picture(), 'image/png');
}

// What is shown, handed out as files: the table, the features, the picture.
import { csv, download, geojson, lonlat } from '../export';
import { t } from '../i18n';
import type { Intervention } from '../plan';
import { announcement, cityName, filter, plan, rows } from '../state';
import { COLUMNS, type TableColumn } from './columns';
import { title } from './labels';

/** "cityheart-celje-2026-06-30" */
function name(): string {
  const city = cityName(plan.value?.cities.get(filter.value.city));
  return ['cityheart', city.toLowerCase().replace(/\s+/g, '-'), new Date().toISOString().slice(0, 10)].filter(Boolean).join('-');
}

export function takeCsv(list: Intervention[] = rows.value, columns: TableColumn[] = COLUMNS): void {
  const head = [title('id'), ...columns.map((column) => column.name()), 'lon', 'lat'];
  const lines = list.map((one) => [one.id, ...columns.map((column) => column.value(one)), ...lonlat(one)]);
  download(`${name()}.csv`, csv(head, lines), 'text/csv;charset=utf-8');
  announcement.value = t('take.done', { count: list.length });
}

export function takeGeojson(list: Intervention[] = rows.value): void {
  download(`${name()}.geojson`, geojson(list), 'application/geo+json');
  announcement.value = t('take.done', { count: list.length });
}

export async function takePicture(): Promise<void> {
  const { picture } = await import('../map/mapPicture');
  download(`${name()}.png`, await picture(), 'image/png');
}

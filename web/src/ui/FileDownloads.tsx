// Files of the trade that the server writes: a format, where it has one a coordinate system, and what the format does
// not hold.
import { signal } from '@preact/signals';
import { address } from '../api';
import { downloadFile } from '../export';
import { fileAddress, readSentences } from '../fileAddress';
import { language, t, type MessageKey } from '../i18n';
import { announcement, cityName, filter, plan } from '../state';
import { Icon } from './Icon';

interface FileFormat {
  id: string;
  name: MessageKey;
  /** Whether its places may be in a national grid. */
  grid: boolean;
}

const FORMATS: FileFormat[] = [
  { id: 'xlsx', name: 'files.xlsx', grid: false },
  { id: 'ods', name: 'files.ods', grid: false },
  { id: 'gpkg', name: 'files.gpkg', grid: true },
  { id: 'shapefile', name: 'files.shapefile', grid: true },
  { id: 'flatgeobuf', name: 'files.flatgeobuf', grid: true },
  { id: 'geoparquet', name: 'files.geoparquet', grid: true },
  { id: 'kml', name: 'files.kml', grid: false },
  { id: 'gpx', name: 'files.gpx', grid: false },
  { id: 'dxf', name: 'files.dxf', grid: true },
];

const format = signal<FileFormat>(FORMATS[0]!);
/** `EPSG:3794`, or empty for longitude and latitude. */
const grid = signal('');
const state = signal<'' | 'saving' | 'failed'>('');
/** Sentences of the server, in English. */
const notHeld = signal<string[]>([]);

export function FileDownloads() {
  const city = plan.value?.cities.get(filter.value.city);
  const grids = [...new Set((city ? [city] : [...(plan.value?.cities.values() ?? [])]).map((one) => one.grid))].filter(Boolean).toSorted();
  const chosen = format.value.grid && grids.includes(grid.value) ? grid.value : '';
  return (
    <fieldset class="takes files">
      <legend>{t('files.label', { place: cityName(city) || t('city.all') })}</legend>
      <label class="pick">
        <span>{t('files.format')}</span>
        <select value={format.value.id} onChange={(event) => choose(event.currentTarget.value)}>
          {FORMATS.map(({ id, name }) => (
            <option key={id} value={id}>
              {t(name)}
            </option>
          ))}
        </select>
      </label>
      <label class="pick">
        <span>{t('files.crs')}</span>
        <select value={chosen} disabled={!format.value.grid} onChange={(event) => (grid.value = event.currentTarget.value)}>
          <option value="">{t('files.lonlat')}</option>
          {grids.map((code) => (
            <option key={code} value={code}>
              {code}
            </option>
          ))}
        </select>
      </label>
      <button type="button" class="button" aria-disabled={state.value === 'saving'} onClick={() => void save(chosen)}>
        <Icon name="down" />
        {state.value === 'saving' ? t('files.saving') : t('files.save')}
      </button>
      {state.value === 'failed' && (
        <p class="note" role="alert">
          {t('files.failed')}
        </p>
      )}
      {notHeld.value.length > 0 && (
        <div class="note">
          <p>{t('files.not_held')}</p>
          <ul lang="en">
            {notHeld.value.map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
        </div>
      )}
    </fieldset>
  );
}

function choose(id: string): void {
  format.value = FORMATS.find((one) => one.id === id) ?? FORMATS[0]!;
  notHeld.value = [];
  state.value = '';
}

async function save(code: string): Promise<void> {
  if (state.value === 'saving') return;
  [state.value, notHeld.value] = ['saving', []];
  const response = await fetch(address(fileAddress(format.value.id, filter.value.city, code, language.value))).catch(() => null);
  const content = response?.ok ? await response.blob().catch(() => null) : null;
  if (!response || !content) {
    state.value = 'failed';
    return;
  }
  const name = /filename="([^"]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1] ?? `interventions.${format.value.id}`;
  downloadFile(name, content, content.type);
  notHeld.value = readSentences(response.headers.get('cityheart-not-held'));
  state.value = '';
  announcement.value = t('files.saved', { name });
}

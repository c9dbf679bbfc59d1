// Sharing what is shown: its link, code for a frame, files, and addresses for QGIS and other tools.
import { signal } from '@preact/signals';
import { address } from '../api';
import { t } from '../i18n';
import { announcement, cityName, filter, foundInterventions, plan, printing } from '../state';
import { Icon } from './Icon';
import { downloadCsv, downloadGeojson, downloadPicture } from './downloads';
import { lazyPart } from './lazyPart';

const FileDownloads = lazyPart(
  () => import('./FileDownloads').then((part) => part.FileDownloads),
  () => null,
);

const copied = signal('');
const open = signal(false);
/** Whether the operator lets pages of other sites show the map in a frame. */
const embeddable = document.querySelector('meta[name="cityheart-embeddable"]') !== null;

export function ShareMenu() {
  return (
    <>
      <button type="button" class="button plain share" popovertarget="share" aria-label={t('share.open')} title={t('share.open')}>
        <Icon name="share" />
        <span>{t('share.open')}</span>
      </button>
      <section id="share" popover="auto" class="sheet-over" aria-label={t('share.open')} onToggle={(event) => (open.value = event.newState === 'open')}>
        {open.value && <ShareContents />}
      </section>
    </>
  );
}

function ShareContents() {
  const base = address('.');
  const embed = new URL(location.href);
  embed.searchParams.set('embed', '1');
  const name = cityName(plan.value?.cities.get(filter.value.city)) || t('city.all');
  const frame = document.createElement('iframe');
  Object.assign(frame, { src: embed.href, title: `${t('app.title')} · ${name}`, width: '100%', height: '480', loading: 'lazy' });
  return (
    <>
      <div class="over-head">
        <h2>{t('share.open')}</h2>
        <button type="button" class="square" popovertarget="share" popovertargetaction="hide" aria-label={t('share.close')}>
          <Icon name="close" />
        </button>
      </div>
      <CopyButton id="share-link" name={t('share.link')} value={location.href} />
      {embeddable && <CopyButton id="share-code" name={t('share.embed')} value={frame.outerHTML} />}
      <fieldset class="takes">
        <legend>{t('take.label', { count: foundInterventions.value.length })}</legend>
        <div class="buttons">
          <button type="button" class="button" disabled={!(window as { cityheart?: unknown }).cityheart} onClick={() => void downloadPicture()}>
            {t('take.png')}
          </button>
          <button type="button" class="button" onClick={() => downloadCsv()}>
            {t('take.csv')}
          </button>
          <button type="button" class="button" onClick={() => downloadGeojson()}>
            {t('take.geojson')}
          </button>
          <button type="button" class="button" onClick={() => (printing.value = true)}>
            <Icon name="print" />
            {t('print.open')}
          </button>
        </div>
      </fieldset>
      <FileDownloads />
      <h3>{t('qgis.label')}</h3>
      <p class="note">{t('qgis.note')}</p>
      <CopyButton id="qgis-features" name={t('qgis.features')} value={`${base}api`} />
      <CopyButton id="qgis-tiles" name={t('qgis.tiles')} value={`${base}tiles/areas,interventions/{z}/{x}/{y}.mvt`} />
    </>
  );
}

function CopyButton({ id, name, value }: { id: string; name: string; value: string }) {
  const done = copied.value === id;
  const copy = async () => {
    const field = document.getElementById(id) as HTMLInputElement;
    field.select();
    // where the clipboard is forbidden, the text is selected for copying by hand
    await navigator.clipboard?.writeText(value).catch(() => null);
    copied.value = id;
    announcement.value = t('share.copied');
  };
  return (
    <div class="copy">
      <label for={id}>{name}</label>
      <div class="pair">
        <input id={id} readOnly value={value} onFocus={(event) => event.currentTarget.select()} />
        <button type="button" class="button" onClick={() => void copy()} aria-describedby={id}>
          <Icon name={done ? 'tick' : 'copy'} />
          {done ? t('share.copied') : t('share.copy')}
        </button>
      </div>
    </div>
  );
}

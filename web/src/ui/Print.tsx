// The plan on A4: map, legend, table and sources of the results; the screen shows the same page before printing.
import { useEffect, useRef, useState } from 'preact/hooks';
import { formatDay, formatDayAndHour, formatEuros, formatMonth, formatNumber, formatPercent } from '../format';
import { mapCredits } from '../baseMap';
import { language, t } from '../i18n';
import { shareOf } from '../money';
import { cityName, filter, month, plan, printing, foundRows, titleOf, totals } from '../state';
import { cachedSince } from '../state/offlineCache';
import { COLUMNS } from './columns';
import { codeLabel } from './labels';
import { LegendEntries } from './Legend';
import { hasWebGl } from './MapArea';
import { Icon } from './Icon';

const MAX_ROWS = 1000;
const SHOWN = ['status', 'start', 'cost', 'eu_share', 'place'];

export default function PrintView() {
  return (
    <>
      <header class="bar print-bar">
        <button type="button" class="button" onClick={() => (printing.value = false)}>
          <Icon name="back" />
          {t('print.back')}
        </button>
        <p class="muted">{t('print.hint')}</p>
        <button type="button" class="button strong" onClick={() => print()}>
          <Icon name="print" />
          {t('print.open')}
        </button>
      </header>
      <main class="paper-area" tabIndex={0} aria-label={t('print.open')}>
        <article class="paper">{plan.value && <PrintSheet />}</article>
      </main>
    </>
  );
}

function PrintSheet() {
  const city = plan.value?.cities.get(filter.value.city);
  const sums = totals.value;
  const euShare = shareOf(sums.euKnown ? sums.eu : null, sums.euOf);
  return (
    <>
      <h1>{city ? cityName(city) : t('city.all')}</h1>
      <p class="muted">{[month.value === null ? '' : t('legend.at', { date: formatMonth(month.value) }), ...chosen()].filter(Boolean).join(' · ')}</p>
      {cachedSince.value !== null && <p class="as-of">{t('kept.shown', { when: formatDayAndHour(cachedSince.value) })}</p>}
      <p class="sums">
        <b>{formatNumber(sums.count)}</b> {t('sum.interventions', { count: sums.count })} · <b>{sums.costKnown ? formatEuros(sums.cost) : t('cost.none')}</b>{' '}
        {t('sum.costKnown', { known: sums.costKnown, count: sums.count })} · <b>{euShare === null ? t('eu.none') : formatPercent(euShare)}</b> {t('sum.eu')}
      </p>
      {hasWebGl() && <PaperMap />}
      <div class="paper-legend">
        <LegendEntries />
      </div>
      <PaperTable />
      <Sources />
      <p class="note foot">
        {[...mapCredits.value.map(({ text }) => text), t('map.schematic'), t('print.on', { date: formatDay(new Date().toISOString()) })].join(' · ')}
        <br />
        {location.href.replace(/[?&]print=1/, '')}
      </p>
    </>
  );
}

/** The active filters in words. */
function chosen(): string[] {
  const { text, statuses, objectives, functions, from, to } = filter.value;
  const list = (vocabulary: string, ids: ReadonlySet<string>) => [...ids].map((id) => codeLabel(vocabulary, id)).join(', ');
  const years = from === null && to === null ? '' : [...new Set([from ?? '…', to ?? '…'])].join('–');
  return [text && `“${text}”`, list('status', statuses), [...objectives].join(', '), list('function', functions), years];
}

/** The map with its camera on the screen; printing uses a picture of it. */
function PaperMap() {
  const holder = useRef<HTMLDivElement>(null);
  const [picture, setPicture] = useState('');
  useEffect(() => {
    let close: (() => void) | undefined;
    let gone = false;
    void import('../map/map').then(({ openMap: open }) => {
      if (!gone && holder.current) close = open(holder.current, { paper: true });
    });
    const before = () => setPicture(holder.current?.querySelector('canvas')?.toDataURL('image/png') ?? '');
    const after = () => setPicture('');
    addEventListener('beforeprint', before);
    addEventListener('afterprint', after);
    return () => {
      gone = true;
      close?.();
      removeEventListener('beforeprint', before);
      removeEventListener('afterprint', after);
    };
  }, []);
  return (
    <figure class="paper-map">
      <div ref={holder} />
      {picture && <img src={picture} alt={t('map.label')} />}
    </figure>
  );
}

function PaperTable() {
  const list = foundRows.value.slice(0, MAX_ROWS);
  const columns = COLUMNS.filter(({ id }) => SHOWN.includes(id) || (id === 'city' && !filter.value.city));
  const left = foundRows.value.length - list.length;
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label={t('table.label')}>
      <table class="paper-table">
        <caption>{t('list.count', { count: foundRows.value.length })}</caption>
        <thead>
          <tr>
            <th scope="col">{COLUMNS[0]!.name()}</th>
            {columns.map((column) => (
              <th key={column.id} scope="col" class={column.number ? 'number' : ''}>
                {column.name()}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {list.map((one) => (
            <tr key={one.id}>
              <th scope="row" lang={titleOf(one).language}>
                {titleOf(one).text}
              </th>
              {columns.map((column) => (
                <td key={column.id} class={column.number ? 'number' : ''}>
                  {column.show(one)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
        {left > 0 && (
          <tfoot>
            <tr>
              <td colSpan={columns.length + 1}>{t('print.left', { count: left })}</td>
            </tr>
          </tfoot>
        )}
      </table>
    </div>
  );
}

function Sources() {
  const named = foundRows.value.slice(0, MAX_ROWS).flatMap(({ properties }) => (Array.isArray(properties.sources) ? properties.sources.map(String) : []));
  const all = [...new Set(named)].sort(new Intl.Collator(language.value).compare);
  if (!all.length) return null;
  return (
    <section class="paper-sources">
      <h2>{t('print.sources')}</h2>
      <ul>
        {all.map((source) => (
          <li key={source}>{source}</li>
        ))}
      </ul>
    </section>
  );
}

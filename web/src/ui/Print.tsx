// The plan on paper: map, legend, table and sources of what is shown, on A4. The same page on the screen, before it is printed.
import { useEffect, useRef, useState } from 'preact/hooks';
import { day, dayAndHour, euros, monthYear, number, percent } from '../format';
import { credits } from '../baseMap';
import { language, t } from '../i18n';
import { share } from '../money';
import { cityName, filter, month, plan, printing, rows, titleOf, totals } from '../state';
import { keptSince } from '../state/offlineCache';
import { COLUMNS } from './columns';
import { label } from './labels';
import { LegendEntries } from './Legend';
import { canDraw } from './MapArea';
import { Icon } from './Icon';

const MOST_ROWS = 1000;
const SHOWN = ['status', 'start', 'cost', 'eu_share', 'place'];

export default function Print() {
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
        <article class="paper">{plan.value && <Paper />}</article>
      </main>
    </>
  );
}

function Paper() {
  const city = plan.value?.cities.get(filter.value.city);
  const sums = totals.value;
  const euShare = share(sums.euKnown ? sums.eu : null, sums.euOf);
  return (
    <>
      <h1>{city ? cityName(city) : t('city.all')}</h1>
      <p class="muted">{[month.value === null ? '' : t('legend.at', { date: monthYear(month.value) }), ...chosen()].filter(Boolean).join(' · ')}</p>
      {keptSince.value !== null && <p class="as-of">{t('kept.shown', { when: dayAndHour(keptSince.value) })}</p>}
      <p class="sums">
        <b>{number(sums.count)}</b> {t('sum.interventions', { count: sums.count })} · <b>{sums.costKnown ? euros(sums.cost) : t('cost.none')}</b>{' '}
        {t('sum.costKnown', { known: sums.costKnown, count: sums.count })} · <b>{euShare === null ? t('eu.none') : percent(euShare)}</b> {t('sum.eu')}
      </p>
      {canDraw() && <PaperMap />}
      <div class="paper-legend">
        <LegendEntries />
      </div>
      <PaperTable />
      <Sources />
      <p class="note foot">
        {[...credits.value.map(({ text }) => text), t('map.schematic'), t('print.on', { date: day(new Date().toISOString()) })].join(' · ')}
        <br />
        {location.href.replace(/[?&]print=1/, '')}
      </p>
    </>
  );
}

/** What is filtered, in words. */
function chosen(): string[] {
  const { text, statuses, objectives, functions, from, to } = filter.value;
  const list = (vocabulary: string, ids: ReadonlySet<string>) => [...ids].map((id) => label(vocabulary, id)).join(', ');
  const years = from === null && to === null ? '' : [...new Set([from ?? '…', to ?? '…'])].join('–');
  return [text && `“${text}”`, list('status', statuses), [...objectives].join(', '), list('function', functions), years];
}

/** The map as it was on the screen; while it is printed, a picture of it stands in its place. */
function PaperMap() {
  const holder = useRef<HTMLDivElement>(null);
  const [picture, setPicture] = useState('');
  useEffect(() => {
    let close: (() => void) | undefined;
    let gone = false;
    void import('../map/map').then(({ open }) => {
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
  const list = rows.value.slice(0, MOST_ROWS);
  const columns = COLUMNS.filter(({ id }) => SHOWN.includes(id) || (id === 'city' && !filter.value.city));
  const left = rows.value.length - list.length;
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label={t('table.label')}>
      <table class="paper-table">
        <caption>{t('list.count', { count: rows.value.length })}</caption>
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
  const named = rows.value.slice(0, MOST_ROWS).flatMap(({ properties }) => (Array.isArray(properties.sources) ? properties.sources.map(String) : []));
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

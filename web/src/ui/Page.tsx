// The whole page: header, panel, map; what is common to all: skip link, announcements, the way on after a failure.
import { effect, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { t } from '../i18n';
import { announcement, cityName, embedded, failed, filter, found, load, plan, printing, selected, sheetFull, tab, unselect } from '../state';
import { tools } from '../state/session';
import { fetched } from './lazyPart';
import { Header } from './Header';
import { Icon } from './Icon';
import { MapArea } from './MapArea';
import { Panel } from './Panel';
import { TimeBar } from './TimeBar';

export function Page() {
  useEffect(announceResults, []);
  return (
    <>
      {printing.value ? <Paper /> : embedded ? <Embed /> : <Whole />}
      <div class="unseen" role="status" aria-live="polite">
        {announcement.value}
      </div>
    </>
  );
}

function Whole() {
  const work = tools.value;
  return (
    <>
      <a class="skip" href="#panel">
        {t('skip.list')}
      </a>
      <Header />
      <main class={`page tab-${tab.value} ${sheetFull.value ? 'sheet-full' : ''}`}>
        {failed.value ? <Failure /> : <Panel />}
        <MapArea />
      </main>
      <TimeBar />
      {work && <work.SignIn />}
    </>
  );
}

const listed = signal(false);

/** In another page's frame: the map, the list behind a button, and the way to the whole plan. */
function Embed() {
  const whole = new URL(location.href);
  whole.searchParams.delete('embed');
  const city = cityName(plan.value?.cities.get(filter.value.city)) || t('city.all');
  const open = listed.value || selected.value !== '' || failed.value;
  return (
    <>
      <header class="bar embed-bar">
        <button
          type="button"
          class="button"
          aria-expanded={open}
          aria-controls="panel"
          onClick={() => {
            listed.value = !open;
            unselect();
          }}
        >
          {t('list.label')}
        </button>
        <b>{city}</b>
        <a class="link" href={whole.href} target="_blank" rel="noopener">
          {t('embed.whole')}
          <Icon name="out" />
        </a>
      </header>
      <main class={`page embed ${open ? 'listed' : ''}`}>
        {failed.value ? <Failure /> : open ? <Panel /> : null}
        <MapArea />
      </main>
    </>
  );
}

const Paper = fetched(
  () => import('./Print').then((part) => part.default),
  () => null,
  { label: () => t('print.back'), go: () => (printing.value = false) },
);

function Failure() {
  return (
    <section class="panel" id="panel" tabIndex={-1}>
      <div class="notice" role="alert">
        <h1>{t('failed.title')}</h1>
        <p>{t('failed.text')}</p>
        <button type="button" class="button" onClick={() => void load()}>
          {t('failed.retry')}
        </button>
      </div>
    </section>
  );
}

/** Says the number of results once typing or choosing has come to rest; a page that opens says its own. */
function announceResults(): () => void {
  let timer = 0;
  let before: string | null = null;
  return effect(() => {
    const { city, text, statuses, objectives, functions, from, to } = filter.value;
    const now = [city, text, ...statuses, '|', ...objectives, '|', ...functions, from, to].join();
    const count = found.value.length;
    if (!plan.value || now === before) return;
    const first = before === null;
    before = now;
    clearTimeout(timer);
    if (first) return;
    timer = window.setTimeout(() => (announcement.value = t('list.count', { count })), 500);
  });
}

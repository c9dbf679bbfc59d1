// The page: header, panel and map, and what they share: skip link, announcements, the retry after a failure.
import { effect, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { t } from '../i18n';
import {
  announcement,
  cityName,
  embedded,
  loadFailed,
  filter,
  foundInterventions,
  loadAll,
  plan,
  printing,
  selected,
  sheetFull,
  tab,
  clearSelection,
} from '../state';
import { editorModule } from '../state/editor';
import { lazyPart } from './lazyPart';
import { PageHeader } from './Header';
import { Icon } from './Icon';
import { MapArea } from './MapArea';
import { SidePanel } from './Panel';
import { TimeBar } from './TimeBar';

export function MapPage() {
  useEffect(announceResults, []);
  return (
    <>
      {printing.value ? <PrintPage /> : embedded ? <EmbeddedPage /> : <FullPage />}
      <div class="unseen" role="status" aria-live="polite">
        {announcement.value}
      </div>
    </>
  );
}

function FullPage() {
  const work = editorModule.value;
  if (work?.importOpen.value) {
    return (
      <>
        <PageHeader title={work.importTitle()} />
        <work.ImportAssistant />
        <work.EditorDialogs />
      </>
    );
  }
  return (
    <>
      <a class="skip" href="#panel">
        {t('skip.list')}
      </a>
      <PageHeader />
      <main class={`page tab-${tab.value} ${sheetFull.value ? 'sheet-full' : ''}`}>
        {loadFailed.value ? <LoadFailure /> : <SidePanel />}
        <MapArea />
      </main>
      <TimeBar />
      {work && <work.EditorDialogs />}
    </>
  );
}

const listed = signal(false);

/** The page in a frame: the map, the list behind a button, and a link to the whole plan. */
function EmbeddedPage() {
  const whole = new URL(location.href);
  whole.searchParams.delete('embed');
  const city = cityName(plan.value?.cities.get(filter.value.city)) || t('city.all');
  const open = listed.value || selected.value !== '' || loadFailed.value;
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
            clearSelection();
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
        {loadFailed.value ? <LoadFailure /> : open ? <SidePanel /> : null}
        <MapArea />
      </main>
    </>
  );
}

const PrintPage = lazyPart(
  () => import('./Print').then((part) => part.default),
  () => null,
  { label: () => t('print.back'), go: () => (printing.value = false) },
);

function LoadFailure() {
  return (
    <section class="panel" id="panel" tabIndex={-1}>
      <div class="notice" role="alert">
        <h1>{t('failed.title')}</h1>
        <p>{t('failed.text')}</p>
        <button type="button" class="button" onClick={() => void loadAll()}>
          {t('failed.retry')}
        </button>
      </div>
    </section>
  );
}

/** Announces the number of results once typing or choosing pauses; a detail that opens announces itself. */
function announceResults(): () => void {
  let timer = 0;
  let before: string | null = null;
  return effect(() => {
    const { city, text, statuses, objectives, functions, from, to } = filter.value;
    const now = [city, text, ...statuses, '|', ...objectives, '|', ...functions, from, to].join();
    const count = foundInterventions.value.length;
    if (!plan.value || now === before) return;
    const first = before === null;
    before = now;
    clearTimeout(timer);
    if (first) return;
    timer = window.setTimeout(() => (announcement.value = t('list.count', { count })), 500);
  });
}

// The whole page: header, panel, map; what is common to all: skip link, announcements, the way on after a failure.
import { effect } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { t } from '../i18n';
import { announcement, failed, filter, found, load, plan, sheetFull, tab } from '../state';
import { tools } from '../state/session';
import { Header } from './Header';
import { MapArea } from './MapArea';
import { Panel } from './Panel';
import { TimeBar } from './TimeBar';

export function Page() {
  useEffect(announceResults, []);
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
      <div class="unseen" role="status" aria-live="polite">
        {announcement.value}
      </div>
    </>
  );
}

function Failure() {
  return (
    <section class="panel" id="panel" tabIndex={-1}>
      <div class="notice" role="alert">
        <h1>{t('failed.title')}</h1>
        <p>{t('failed.text')}</p>
        <button class="button" onClick={() => void load()}>
          {t('failed.retry')}
        </button>
      </div>
    </section>
  );
}

/** Says the number of results once typing or choosing has come to rest. */
function announceResults(): () => void {
  let timer = 0;
  let before = '';
  return effect(() => {
    const { city, text, statuses, objectives, functions, from, to } = filter.value;
    const now = [city, text, ...statuses, '|', ...objectives, '|', ...functions, from, to].join();
    const count = found.value.length;
    if (!plan.value || now === before) return;
    before = now;
    clearTimeout(timer);
    timer = window.setTimeout(() => (announcement.value = t('list.count', { count })), 500);
  });
}

// News from the server: what others change is seen here within a second. A window that is hidden listens to nothing, for a
// browser keeps only a few connections open; it catches up when it is seen again.
import { effect } from '@preact/signals';
import { address, newsRead, type FeatureItem } from './api';
import type { BoundingBox } from './geometry';
import { t } from './i18n';
import { announcement, plan } from './state';
import { applyChanges, lost, reload, renew, touched } from './state/planChanges';
import { keptSince } from './state/offlineCache';
import { account, resume } from './state/session';

interface ChangeEvent {
  collection: string;
  revision: number;
  bbox: BoundingBox | null;
  ids: string[];
}

interface ChangePage {
  changes: { revision: number; id: string; author: string; feature: FeatureItem | null }[];
  revision: number;
  links?: { rel: string; href: string }[];
}

/** Collections that the page holds whole; the others are only drawn. */
const HELD = ['partners', 'cities', 'areas', 'indicators'];
const INTERVENTIONS = 'interventions';
const GATHER_MS = 300;
const AGAIN_MS = 5000;

let source: EventSource | null = null;
/** The number of the last news that was heard, or that the plan held when it was read; listening goes on from it. */
let last: string | null = null;
/** The last revision of interventions that the page shows; unknown until the first news. */
let shown: number | null = null;

/** Called once, when the plan has been read. */
export function listen(): void {
  last = newsRead === null ? null : String(newsRead);
  document.addEventListener('visibilitychange', () => (document.hidden ? close() : open()));
  // The server tells each what they may see: who signs in or out listens anew.
  effect(() => {
    void account.value?.login;
    close();
    if (!document.hidden) open();
  });
}

function open(): void {
  if (source) return;
  const line = new EventSource(address(last === null ? 'api/events' : `api/events?since=${last}`));
  source = line;
  line.addEventListener('open', () => {
    lost.value = false;
    if (keptSince.value !== null) void comeBack();
  });
  line.addEventListener('error', () => {
    lost.value = true;
    if (line.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
    setTimeout(() => {
      if (source !== line) return;
      close();
      if (!document.hidden) open();
    }, AGAIN_MS);
  });
  line.addEventListener('change', ({ data, lastEventId }) => {
    last = lastEventId;
    heard(JSON.parse(String(data)) as ChangeEvent);
  });
  line.addEventListener('reset', ({ lastEventId }) => {
    last = lastEventId;
    void reload();
  });
}

/** The page was opened from what was kept: now all is asked for, who we are first. What still does not come says itself that it was kept. */
async function comeBack(): Promise<void> {
  keptSince.value = null;
  await resume();
  await renew();
  if (keptSince.value === null) announcement.value = t('kept.over');
}

function close(): void {
  source?.close();
  source = null;
}

function heard({ collection, revision, bbox }: ChangeEvent): void {
  if (bbox) touched.value = { collection, box: bbox };
  if (HELD.includes(collection)) later();
  if (collection !== INTERVENTIONS) return;
  shown ??= revision - 1;
  void catchUp();
}

let again = 0;
function later(): void {
  clearTimeout(again);
  again = window.setTimeout(() => void reload(), GATHER_MS);
}

let running: Promise<void> | null = null;
let wanted = false;

/** One question at a time; news that come meanwhile are asked for after it. */
async function catchUp(): Promise<void> {
  wanted = true;
  running ??= (async () => {
    while (wanted) {
      wanted = false;
      await ask();
    }
  })().finally(() => (running = null));
  await running;
}

async function ask(): Promise<void> {
  if (shown === null) return reload();
  let path: string | undefined = `api/collections/${INTERVENTIONS}/changes?since=${shown}&limit=1000&f=json`;
  while (path) {
    const answer: Response | null = await fetch(address(path)).catch(() => null);
    if (!answer?.ok) return answer ? reload() : undefined;
    const body = (await answer.json()) as ChangePage;
    take(body);
    shown = body.changes.length ? Math.max(shown, ...body.changes.map(({ revision }) => revision)) : Math.max(shown, body.revision);
    path = body.changes.length ? body.links?.find(({ rel }) => rel === 'next')?.href : undefined;
  }
}

function take({ changes }: ChangePage): void {
  const last = new Map(changes.map((change) => [change.id, change]));
  const others = [...last.values()].filter(({ author }) => author !== account.value?.login);
  const names = new Map(others.map(({ id, feature }) => [id, String(feature?.properties.title ?? plan.value?.byId.get(id)?.title ?? id)]));
  applyChanges(
    [...last.values()].flatMap(({ feature }) => (feature ? [feature] : [])),
    [...last.values()].filter(({ feature }) => !feature).map(({ id }) => id),
  );
  if (names.size === 1) announcement.value = t('live.one', { title: [...names.values()][0]! });
  else if (names.size) announcement.value = t('live.many', { count: names.size });
}

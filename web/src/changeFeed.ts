// The server's change feed (server-sent events): changes of others appear within a second. A hidden window closes its
// feed, because a browser keeps few connections open, and catches up when it is visible again.
import { effect } from '@preact/signals';
import { address, readJson, feedRevision, type FeatureItem } from './api';
import type { BoundingBox } from './geometry';
import { t } from './i18n';
import { announcement, plan } from './state';
import { applyChanges, feedLost, reloadPlan, reloadEverything, changedArea } from './state/planChanges';
import { cachedSince } from './state/offlineCache';
import { account, resumeSession } from './state/session';

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

/** Collections that the page holds in memory; it only draws the others. */
const LOADED_COLLECTIONS = ['partners', 'cities', 'areas', 'indicators'];
const INTERVENTIONS = 'interventions';
const GATHER_MS = 300;
const RECONNECT_MS = 5000;

let feedSource: EventSource | null = null;
/** Id of the last event received, or contained in the plan when it was loaded; the feed continues after it. */
let last: string | null = null;
/** The newest revision of interventions on the page; unknown until the first event. */
let shownRevision: number | null = null;

/** Called once, when the plan is loaded. */
export function followChanges(): void {
  last = feedRevision === null ? null : String(feedRevision);
  document.addEventListener('visibilitychange', () => (document.hidden ? closeFeed() : openFeed()));
  // The feed depends on the account's permissions: signing in or out reopens it.
  effect(() => {
    void account.value?.login;
    closeFeed();
    if (!document.hidden) openFeed();
  });
}

function openFeed(): void {
  if (feedSource) return;
  const line = new EventSource(address(last === null ? 'api/events' : `api/events?since=${last}`));
  feedSource = line;
  line.addEventListener('open', () => {
    feedLost.value = false;
    if (cachedSince.value !== null) void refreshFromServer();
  });
  line.addEventListener('error', () => {
    feedLost.value = true;
    if (line.readyState !== EventSource.CLOSED) return; // the browser reconnects by itself
    setTimeout(() => {
      if (feedSource !== line) return;
      closeFeed();
      if (!document.hidden) openFeed();
    }, RECONNECT_MS);
  });
  line.addEventListener('change', ({ data, lastEventId }) => {
    last = lastEventId;
    handleEvent(JSON.parse(String(data)) as ChangeEvent);
  });
  line.addEventListener('reset', ({ lastEventId }) => {
    last = lastEventId;
    void reloadPlan();
  });
}

/**
 * The page was opened from the offline cache: reloads everything, the session first. A response that still comes from
 * the cache sets `cachedSince` again.
 */
async function refreshFromServer(): Promise<void> {
  cachedSince.value = null;
  await resumeSession();
  await reloadEverything();
  if (cachedSince.value === null) announcement.value = t('kept.over');
}

function closeFeed(): void {
  feedSource?.close();
  feedSource = null;
}

function handleEvent({ collection, revision, bbox }: ChangeEvent): void {
  if (bbox) changedArea.value = { collection, box: bbox };
  if (LOADED_COLLECTIONS.includes(collection)) scheduleReload();
  if (collection !== INTERVENTIONS) return;
  shownRevision ??= revision - 1;
  void catchUp();
}

let reloadTimer = 0;
function scheduleReload(): void {
  clearTimeout(reloadTimer);
  reloadTimer = window.setTimeout(() => void reloadPlan(), GATHER_MS);
}

let catchUpRun: Promise<void> | null = null;
let catchUpWanted = false;

/** Runs one request at a time; events during a request lead to another one. */
async function catchUp(): Promise<void> {
  catchUpWanted = true;
  catchUpRun ??= (async () => {
    while (catchUpWanted) {
      catchUpWanted = false;
      await fetchChanges();
    }
  })().finally(() => (catchUpRun = null));
  await catchUpRun;
}

async function fetchChanges(): Promise<void> {
  if (shownRevision === null) return reloadPlan();
  let path: string | undefined = `api/collections/${INTERVENTIONS}/changes?since=${shownRevision}&limit=1000&f=json`;
  while (path) {
    const answer: Response | null = await fetch(address(path)).catch(() => null);
    if (!answer?.ok) return answer ? reloadPlan() : undefined;
    const body: ChangePage | null = await readJson(answer);
    if (!body) return;
    applyPage(body);
    shownRevision = body.changes.length ? Math.max(shownRevision, ...body.changes.map(({ revision }) => revision)) : Math.max(shownRevision, body.revision);
    path = body.changes.length ? body.links?.find(({ rel }) => rel === 'next')?.href : undefined;
  }
}

function applyPage({ changes }: ChangePage): void {
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

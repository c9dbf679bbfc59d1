// The editor's requests: the newest version of an item, its history, and several changes in one transaction.
import type { Feature, Geometry } from 'geojson';
import { address, readJson } from '../api';
import { patchOf, type FeatureChange, type FeatureContent, type FeatureProperties } from './featureChange';
import { serverFaults, type FieldFault, type ProblemError } from './validation';
import { collectionOf, idOf, INTERVENTIONS, refOf } from './featureRef';
import { loadSchema, schemaOf } from './schemas';

export type SendResult =
  | { kind: 'done'; revision: number; etags: Map<string, string> }
  | { kind: 'stale' }
  | { kind: 'refused'; faults: FieldFault[]; sentence: string }
  | { kind: 'denied'; sentence: string; signedOut: boolean }
  | { kind: 'unreachable' };

/** The current version of an item. */
export interface ItemVersion {
  content: FeatureContent;
  etag: string;
}

export interface HistoryVersion {
  revision: number;
  author: string;
  at: string;
  before: FeatureContent | null;
  after: FeatureContent | null;
}

const TIMEOUT_MS = 20_000;
/** A form on another site cannot send this header, which protects the session from forged requests. */
const CSRF_HEADER = { 'X-Cityheart': '1' };

const itemsPath = (collection: string) => `api/collections/${encodeURIComponent(collection)}/items`;
const itemPath = (ref: string) => `${itemsPath(collectionOf(ref))}/${encodeURIComponent(idOf(ref))}`;

/** Null without a response, or with one that says nothing about the request. */
async function callServer(path: string, init: RequestInit = {}): Promise<Response | null> {
  const headers = { Accept: 'application/geo+json, application/json', ...CSRF_HEADER, ...init.headers };
  const answer = await fetch(address(path), { ...init, headers, cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(() => null);
  return answer && (answer.status === 429 || answer.status >= 500) ? null : answer;
}

const postJson = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  callServer(path, { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', ...headers } });

export async function fetchNewest(id: string): Promise<ItemVersion | null | 'unreachable'> {
  const answer = await callServer(itemPath(id));
  if (!answer) return 'unreachable';
  if (!answer.ok) return null;
  const item = await readJson<Feature<Geometry | null>>(answer);
  if (!item) return 'unreachable';
  await loadSchema(collectionOf(id));
  return { content: contentOf(item, collectionOf(id)), etag: answer.headers.get('ETag') ?? '' };
}

/**
 * What the plan's file holds and the collection does not show as it is, as the server's sentences; none without a
 * response.
 */
export async function fetchFindings(collection: string): Promise<string[]> {
  const answer = await callServer(`api/collections/${encodeURIComponent(collection)}?f=json`);
  const body = answer?.ok ? await readJson<{ findings?: { message: string }[] }>(answer) : null;
  return body?.findings?.map(({ message }) => message) ?? [];
}

/** Whether the account may edit the item; null when the server does not say. */
export async function fetchMayChange(id: string): Promise<boolean | null> {
  const answer = await callServer(itemPath(id), { method: 'OPTIONS' });
  return answer?.headers.get('Allow')?.includes('PATCH') ?? null;
}

/** Whether the account may add to the collection; null when the server does not say. */
export async function fetchMayAdd(collection: string): Promise<boolean | null> {
  const answer = await callServer(itemsPath(collection), { method: 'OPTIONS' });
  return answer?.headers.get('Allow')?.includes('POST') ?? null;
}

/** Sends all changes or none; all are of one collection. */
export async function postChanges(changes: FeatureChange[]): Promise<SendResult> {
  const collection = collectionOf(changes[0]!.id);
  const answer = await postJson(`api/collections/${encodeURIComponent(collection)}/changes`, { edits: changes.map(editOf) });
  if (!answer) return { kind: 'unreachable' };
  const body = (await readJson<{ revision?: number; results?: { id: string; etag: string }[] } & ProblemDetails>(answer)) ?? {};
  if (answer.ok)
    return { kind: 'done', revision: body.revision ?? 0, etags: new Map((body.results ?? []).map(({ id, etag }) => [refOf(collection, id), etag])) };
  return refusal(answer.status, body);
}

interface ProblemDetails {
  detail?: string;
  title?: string;
  errors?: ProblemError[];
}

function refusal(status: number, { detail, title, errors = [] }: ProblemDetails): SendResult {
  const sentence = detail ?? title ?? String(status);
  if (status === 412 || status === 409 || status === 404) return { kind: 'stale' };
  if (status === 401 || status === 403) return { kind: 'denied', sentence, signedOut: status === 401 };
  return { kind: 'refused', faults: serverFaults(errors, sentence), sentence };
}

function editOf({ id: ref, base, now, etag, restore }: FeatureChange): object {
  const id = idOf(ref);
  const match = etag ? { if_match: etag } : {};
  if (!now) return { delete: id, ...match };
  if (!base && restore !== undefined) return { restore: id, revision: restore };
  if (!base) return { create: { type: 'Feature', id, geometry: now.geometry, properties: now.properties } };
  return { patch: { id, ...patchOf(base, now) }, ...match };
}

/** The last revision at which the item existed; null when it never did, or without a response. */
export async function fetchLastRevision(id: string): Promise<number | null> {
  const removal = (await fetchHistory(id))?.find(({ before, after }) => before && !after);
  return removal ? removal.revision - 1 : null;
}

/** The item's newest versions, newest first, up to 1,000. Null without a response. */
export async function fetchHistory(id: string): Promise<HistoryVersion[] | null> {
  const answer = await callServer(`${itemPath(id)}/history?order=newest&limit=1000`);
  if (!answer?.ok) return null;
  type Raw = Omit<HistoryVersion, 'before' | 'after'> & Record<'before' | 'after', Feature<Geometry | null> | null>;
  const body = await readJson<{ versions: Raw[] }>(answer);
  if (!body) return null;
  const content = (feature: Raw['before']) => feature && contentOf(feature, collectionOf(id));
  return body.versions.map((one) => ({ ...one, before: content(one.before), after: content(one.after) })).sort((a, b) => b.revision - a.revision);
}

export async function signIn(login: string, password: string): Promise<unknown> {
  const answer = await postJson('auth/login', { login, password });
  if (!answer) return null;
  return answer.ok ? readJson(answer) : answer.status;
}

export async function signOut(): Promise<void> {
  await postJson('auth/logout', {});
}

/** What people enter: without the id and the fields that the service writes. */
export function contentOf(
  { geometry, properties }: { geometry: Geometry | null; properties: FeatureProperties | null },
  collection = INTERVENTIONS,
): FeatureContent {
  const fields = schemaOf(collection)?.properties ?? {};
  const own = Object.entries(properties ?? {}).filter(([name, value]) => {
    const field = fields[name];
    return value !== null && !field?.readOnly && field?.['x-ogc-role'] !== 'id';
  });
  return { geometry, properties: Object.fromEntries(own) };
}

// The requests of an import: upload with progress, answers, commit, removal.
import { address, readJson, type FeatureItem } from '../api';
import { completeDocument, type ImportAnswers, type ImportDocument } from './importDocument';

/** Why a request has no usable response. */
export interface RequestFailure {
  kind: 'refused' | 'unreachable' | 'signed-out' | 'forgotten' | 'conflict' | 'cancelled' | 'outdated';
  /** The service's reason, in English; empty without one. */
  sentence: string;
}

export type RequestResult<T> = { ok: true; value: T } | ({ ok: false } & RequestFailure);

export interface UploadProgress {
  sent: number;
  total: number;
}

/** A committed import; `results` holds what undo needs. */
export interface CommittedImport {
  revision: number;
  changed: number;
  new: number;
  removed: number;
  left_out: number;
  recipe?: ImportAnswers;
  results?: { id: string; etag?: string | null; before?: FeatureItem | null; after?: FeatureItem | null }[];
}

interface ProblemDetails {
  title?: string;
  detail?: string;
}

/** A form on another site cannot send this header, which protects the session from forged requests. */
const CSRF_HEADER = 'X-Cityheart';
const TIMEOUT_MS = 120_000; // a large file is read anew with each answer

const failure = (kind: RequestFailure['kind'], sentence = ''): { ok: false } & RequestFailure => ({ ok: false, kind, sentence });

function failureOf(status: number, problem: ProblemDetails | null): { ok: false } & RequestFailure {
  const sentence = problem?.detail ?? problem?.title ?? '';
  if (status === 401) return failure('signed-out', sentence);
  if (status === 404) return failure('forgotten', sentence);
  if (status === 409 || status === 412) return failure('conflict', sentence);
  return status >= 500 && !sentence ? failure('unreachable') : failure('refused', sentence || String(status));
}

/**
 * Sends a file. `signal` cancels it: the connection is cut, and the service keeps nothing of what it got. Browsers tell
 * the progress of an upload to `XMLHttpRequest` only.
 */
export function uploadFile(file: File, into: string, progressed: (now: UploadProgress) => void, signal: AbortSignal): Promise<RequestResult<ImportDocument>> {
  return new Promise((settle) => {
    const request = new XMLHttpRequest();
    request.open('POST', address(`api/imports?${new URLSearchParams({ into, name: file.name })}`));
    request.setRequestHeader(CSRF_HEADER, '1');
    request.setRequestHeader('Accept', 'application/json');
    request.setRequestHeader('Content-Type', 'application/octet-stream');
    request.responseType = 'json';
    request.upload.onprogress = ({ loaded }) => progressed({ sent: Math.min(loaded, file.size), total: file.size });
    request.upload.onload = () => progressed({ sent: file.size, total: file.size });
    request.onload = () => {
      const body = request.response as (ImportDocument & ProblemDetails) | null;
      settle(request.status === 201 && body ? { ok: true, value: completeDocument(body) } : failureOf(request.status, body));
    };
    request.onerror = () => settle(failure('unreachable'));
    request.onabort = () => settle(failure('cancelled'));
    signal.addEventListener('abort', () => request.abort());
    if (signal.aborted) settle(failure('cancelled'));
    else request.send(file);
  });
}

const importPath = (id: string, rest = '') => address(`api/imports/${encodeURIComponent(id)}${rest}`);

async function send<T>(path: string, method: string, body?: unknown): Promise<RequestResult<T>> {
  const headers = { Accept: 'application/json', [CSRF_HEADER]: '1', ...(body ? { 'Content-Type': 'application/json' } : {}) };
  const init = { method, headers, body: body ? JSON.stringify(body) : undefined, cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT_MS) } as const;
  const response = await fetch(path, init).catch(() => null);
  if (!response) return failure('unreachable');
  const json = await readJson<T & ProblemDetails>(response);
  if (!response.ok) return failureOf(response.status, json);
  return json ? { ok: true, value: json } : failure('unreachable');
}

/** The service reads the file anew with each request, and compares it with the plan as it is then. */
export async function patchAnswers(id: string, answers: ImportAnswers): Promise<RequestResult<ImportDocument>> {
  const result = await send<ImportDocument>(importPath(id), 'PATCH', { answers });
  return result.ok ? { ok: true, value: completeDocument(result.value) } : result;
}

export const commitImport = (id: string, removeMissing: boolean) =>
  send<CommittedImport>(importPath(id, '/commit'), 'POST', { remove_missing: removeMissing, refused: 'leave_out' });

/** Makes the service forget the file. It forgets it by itself when this request does not arrive. */
export async function removeImport(id: string): Promise<void> {
  await fetch(importPath(id), { method: 'DELETE', headers: { [CSRF_HEADER]: '1' }, keepalive: true }).catch(() => null);
}

/** The answers as a recipe, which the command line reads, too. */
export const fetchRecipe = (id: string) => send<ImportAnswers>(importPath(id, '/recipe'), 'GET');

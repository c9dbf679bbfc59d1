// Executes queries while the person draws: after a short pause, the latest query only; an older request is aborted.
import { effect, signal } from '@preact/signals';
import { address } from '../api';
import type { ProcessResult } from './processResult';
import type { SpatialQuery } from './spatialQuery';
import type { ProcessRequest } from './processRequests';

export interface QueryResult {
  query: SpatialQuery;
  parts: Record<string, ProcessResult>;
}

export interface QueryProblem {
  /** The server's sentence, which names the input; empty without a response. */
  detail: string;
  status: number;
}

/** After this time the page says that it waits. */
const PATIENCE_MS = 300;
/** Pause before a query is sent: not every move of the pointer is one. */
const SETTLE_MS = 90;

export const queryResult = signal<QueryResult | null>(null);
export const queryProblem = signal<QueryProblem | null>(null);
export const queryRunning = signal(false);

class QueryError extends Error {
  constructor(readonly refusal: QueryProblem) {
    super(refusal.detail);
  }
}

/** Executes one process. */
export async function executeProcess({ process, inputs }: ProcessRequest, signal?: AbortSignal): Promise<ProcessResult> {
  const response = await fetch(address(`api/processes/${process}/execution`), {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-cityheart': '1' },
    body: JSON.stringify({ inputs }),
    signal,
  });
  if (response.ok) return (await response.json()) as ProcessResult;
  const problem = (await response.json().catch(() => ({}))) as { detail?: string; title?: string };
  throw new QueryError({ detail: problem.detail ?? problem.title ?? '', status: response.status });
}

interface PendingQuery {
  query: SpatialQuery;
  requests: Record<string, ProcessRequest>;
  /** True while the pointer moves: a refused shape on the way is ignored. */
  moving: boolean;
}

/**
 * Executes the query that `wanted` returns whenever it changes; null executes none. Returns the function that stops it.
 */
export function followQuery(wanted: () => PendingQuery | null): () => void {
  let running: AbortController | null = null;
  let timer = 0;
  let lastKey = '';
  const end = effect(() => {
    const now = wanted();
    const key = JSON.stringify(now?.requests ?? null);
    if (key === lastKey) return;
    lastKey = key;
    clearTimeout(timer);
    running?.abort();
    running = null;
    if (!now) {
      queryRunning.value = false;
      queryResult.value = null;
      queryProblem.value = null;
      return;
    }
    if (queryResult.peek()?.query.question !== now.query.question) queryResult.value = null;
    timer = window.setTimeout(() => {
      running = new AbortController();
      void runQuery(now, running);
    }, SETTLE_MS);
  });
  return () => {
    end();
    clearTimeout(timer);
    running?.abort();
  };
}

async function runQuery({ query, requests, moving }: PendingQuery, controller: AbortController): Promise<void> {
  const patience = setTimeout(() => (queryRunning.value = true), PATIENCE_MS);
  try {
    const entries = await Promise.all(
      Object.entries(requests).map(async ([name, request]) => [name, await executeProcess(request, controller.signal)] as const),
    );
    queryResult.value = { query, parts: Object.fromEntries(entries) };
    queryProblem.value = null;
  } catch (error) {
    if (controller.signal.aborted || moving) return;
    queryResult.value = null;
    queryProblem.value = error instanceof QueryError ? error.refusal : { detail: '', status: 0 };
  } finally {
    clearTimeout(patience);
    if (!controller.signal.aborted) queryRunning.value = false;
  }
}

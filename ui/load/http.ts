// One way to ask the server: GET, JSON, and a failure that says what went wrong in words.
import { basePath } from './base-path.ts';

export type QueryValue = string | number | readonly string[] | null | undefined;
export type Query = Readonly<Record<string, QueryValue>>;

/** What a failed request says; `status` 0 means that the server was not reached. */
export class ApiFailure extends Error {
  readonly status: number;
  readonly hint: string;
  constructor(status: number, message: string, hint: string) {
    super(message);
    this.name = 'ApiFailure';
    this.status = status;
    this.hint = hint;
  }
}

/** Query string of a request: null, undefined and '' are left out, lists repeat their key. */
function queryText(query: Query): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === '') continue;
    if (typeof value === 'object') for (const one of value) params.append(key, one);
    else params.append(key, String(value));
  }
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}

/** Failure of an answer in the dialect of /api (`error.message`) or of Prometheus (`error` as text). */
function failureOf(status: number, body: unknown): ApiFailure {
  const error = memberOf(body, 'error');
  if (typeof error === 'string') return new ApiFailure(status, error, '');
  const [message, hint] = [memberOf(error, 'message'), memberOf(error, 'hint')];
  return new ApiFailure(
    status,
    typeof message === 'string' ? message : `The server answered ${status}.`,
    typeof hint === 'string' ? hint : '',
  );
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}

/** GET path and read JSON, which the server holds to its type. Errors: ApiFailure. */
export async function getJson<T>(path: string, query: Query, signal?: AbortSignal): Promise<T> {
  return readJson(path + queryText(query), { headers: { accept: 'application/json' } }, signal);
}

/** POST JSON and read JSON, which the server holds to its type. Errors: ApiFailure. */
export async function postJson<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  return readJson(
    path,
    {
      method: 'POST',
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      body: JSON.stringify(body),
    },
    signal,
  );
}

/** GET path; whoever asks reads the answer. Errors: ApiFailure. */
export function getAnswer(path: string, accept: string, signal?: AbortSignal): Promise<Response> {
  return answerOf(path, { headers: { accept } }, signal);
}

async function readJson<T>(url: string, init: RequestInit, signal: AbortSignal | undefined): Promise<T> {
  return jsonOf<T>(await answerOf(url, init, signal));
}

async function answerOf(url: string, init: RequestInit, signal: AbortSignal | undefined): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(basePath() + url, { ...init, ...(signal ? { signal } : {}) });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiFailure(
      0,
      'The query server does not answer.',
      'Is it running? `npm start` brings up all parts; the page asks again by itself.',
    );
  }
  if (!response.ok) throw failureOf(response.status, await response.json().catch(() => null));
  return response;
}

/** Errors: ApiFailure. */
export async function jsonOf<T>(response: Response): Promise<T> {
  const body: T | null = await response.json().catch(() => null);
  if (body === null)
    throw new ApiFailure(
      response.status,
      'The answer is not JSON.',
      'Something between the browser and the query server changed it.',
    );
  return body;
}

// One way to ask the server: GET, JSON, and a failure that says what went wrong in words.

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

type ErrorBody = { error?: { message?: string; hint?: string } | string };

/** Failure of an answer in the dialect of /api (`error.message`) or of Prometheus (`error` as text). */
function failureOf(status: number, body: unknown): ApiFailure {
  const error = typeof body === 'object' && body !== null ? (body as ErrorBody).error : undefined;
  if (typeof error === 'string') return new ApiFailure(status, error, '');
  return new ApiFailure(status, error?.message ?? `The server answered ${status}.`, error?.hint ?? '');
}

/** GET path and read JSON. Errors: ApiFailure. */
export async function getJson(path: string, query: Query, signal?: AbortSignal): Promise<unknown> {
  return readJson(path + queryText(query), { headers: { accept: 'application/json' } }, signal);
}

/** POST JSON and read JSON. Errors: ApiFailure. */
export async function postJson(path: string, body: unknown, signal?: AbortSignal): Promise<unknown> {
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

async function readJson(url: string, init: RequestInit, signal: AbortSignal | undefined): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(url, { ...init, ...(signal ? { signal } : {}) });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiFailure(
      0,
      'The query server does not answer.',
      'Is it running? `npm start` brings up all parts; the page asks again by itself.',
    );
  }
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) throw failureOf(response.status, body);
  if (body === null)
    throw new ApiFailure(
      response.status,
      'The answer is not JSON.',
      'Something between the browser and the query server changed it.',
    );
  return body;
}

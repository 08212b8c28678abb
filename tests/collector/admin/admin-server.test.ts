// The admin address as a whole: every route takes what it declares, and refuses by name whatever else a request holds.
import type { ConfigInForce, KnownTrace } from '#proto/admin/answers.ts';
import { Ledger } from '#collector/self/ledger.ts';
import { CollectorLink } from '#query/collector/collector-link.ts';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ADMIN_ROUTES } from '#proto/admin/routes.ts';
import { NO_FIELDS, type RequestContract } from '#proto/api/route-contract.ts';
import { RefusedConnections } from '#collector/receive/refused-connections.ts';
import { startAdminServer, type AdminServer } from '#collector/admin/admin-server.ts';
import { addressOf, samplesOf } from '#tests/support/sample-request.ts';

const KNOWN: Omit<KnownTrace, 'trace_id'> = {
  pending: true,
  buffered: null,
  remembered: null,
  remembers_since_ms: 5,
  rejected: [],
  rescuable: null,
};
const CONFIG: ConfigInForce = { yaml: '', hash: 'h', file: '', started_ms: 5, last_reload: null };

let server: AdminServer;
/** Actions that requests have started. */
let done: string[] = [];

beforeAll(async () => {
  server = await startAdminServer(
    { host: '127.0.0.1', port: 0 },
    {
      refused: new RefusedConnections(),
      registry: new Registry(),
      beforeRead: () => undefined,
      notReady: () => [],
      degraded: () => [],
      ledger: () => ({ ...new Ledger().toJson(), audit: null }),
      acceptAudit: async () => void done.push('accept'),
      trace: (traceId) => ({ ...KNOWN, trace_id: traceId }),
      config: () => CONFIG,
      reload: () => ({ result: String(done.push('reload')) }),
      rescue: async () => {
        done.push('rescue');
        return { trace_ids: [], not_found: [], more: false, horizon_seconds: 0 };
      },
      spool: () => ({
        list: () => ({ waiting: [], set_aside: [] }),
        change: async (what) => {
          done.push(what);
          return { done: [], failed: [] };
        },
      }),
    },
  );
});
afterAll(() => server.close());
beforeEach(() => {
  done = [];
});

const JSON_TYPE = { 'content-type': 'application/json' };
async function ask(
  method: string,
  path: string,
  body?: string,
  headers: Record<string, string> = JSON_TYPE,
): Promise<{ status: number; error: string | undefined }> {
  const response = await fetch(`http://127.0.0.1:${server.port}${addressOf(path)}`, {
    method,
    headers,
    ...(body !== undefined && { body }),
  });
  const text = await response.text();
  return {
    status: response.status,
    error: text.startsWith('{') ? (JSON.parse(text) as { error?: string }).error : undefined,
  };
}

const routes: readonly (readonly [string, RequestContract])[] = Object.entries(ADMIN_ROUTES);
const posts = routes.filter(([, { method }]) => method === 'POST');
/** A value for every field of a body. */
function fieldsOf({ body }: RequestContract): Record<string, unknown> {
  return body === undefined ? {} : samplesOf(body);
}
/** A body that does something; absent: none is sent. Of the spool: names, since it takes either them or all. */
function bodyOf(route: RequestContract, more: object = {}): string | undefined {
  const { all: _all, ...fields } = fieldsOf(route);
  return route.body === undefined ? undefined : JSON.stringify({ ...fields, ...more });
}

const FOR_SCRAPERS_AND_PROBES = new Set(['/metrics', '/healthz', '/readyz']);

describe.each(routes)('%s', (_name, route) => {
  const { method, path } = route;

  it('answers a request as it is declared', async () => {
    expect(await ask(method, path, bodyOf(route))).toEqual({ status: 200, error: undefined });
    expect(done).toHaveLength(method === 'POST' ? 1 : 0);
  });

  it('refuses a parameter, by name, unless scrapers or probes ask it', async () => {
    const forScrapers = { status: 200, error: undefined };
    expect(await ask(method, `${path}?verbose=1`, bodyOf(route))).toEqual(
      FOR_SCRAPERS_AND_PROBES.has(path)
        ? forScrapers
        : { status: 400, error: `unknown parameter "verbose" of ${path}: it takes no parameters` },
    );
    expect(done).toEqual([]);
  });
});

it.each(posts)('%s refuses an unknown field, by name', async (_name, route) => {
  const known = Object.keys(fieldsOf(route));
  const remedy =
    known.length === 0
      ? 'it takes no fields'
      : `did you mean "${known.includes('names') ? 'names' : 'name'}"? it knows ${known.join(', ')}`;
  expect(await ask('POST', route.path, bodyOf(route, { namse: 'a' }))).toEqual({
    status: 400,
    error: `unknown field "namse" of POST ${route.path}: ${remedy}`,
  });
  expect(done).toEqual([]);
});

it('a route that takes no field may be posted with an empty body, and with no other', async () => {
  for (const { path } of routes.map(([, route]) => route).filter((route) => route.body === NO_FIELDS)) {
    for (const body of [undefined, '', '\n', '{}'])
      expect(await ask('POST', path, body, {})).toMatchObject({ status: 200 });
    expect(await ask('POST', path, 'file=a', { 'content-type': 'application/x-www-form-urlencoded' })).toEqual({
      status: 400,
      error: `POST ${path} takes no body`,
    });
    expect(await ask('POST', path, '{"file": "a"}', {})).toEqual({
      status: 400,
      error: `unknown field "file" of POST ${path}: it takes no fields`,
    });
  }
  expect(done).toHaveLength(8);
});

it('a page takes no body', async () => {
  expect(await ask('PUT', '/config', '{"rules": []}')).toEqual({ status: 400, error: 'GET /config takes no body' });
});

it('says 404, 405, 403, 415, 413 and 400 as before', async () => {
  expect(await ask('GET', '/pending/1')).toMatchObject({ status: 404, error: 'no such page: /pending/1' });
  expect(await ask('GET', '/trace/xyz')).toMatchObject({ status: 404 });
  for (const path of ['/reload', '/rescue', '/audit/accept', '/spool/retry', '/spool/drop'])
    expect(await ask('GET', path)).toMatchObject({ status: 405, error: expect.stringContaining('a POST') as string });
  expect(await ask('POST', '/spool', '')).toMatchObject({ status: 405 });
  expect(await ask('POST', '/reload', '', { origin: 'http://evil.example' })).toMatchObject({ status: 403 });
  expect(await ask('POST', '/rescue', '{}', { 'content-type': 'text/plain' })).toMatchObject({ status: 415 });
  expect(await ask('POST', '/rescue', JSON.stringify({ service: 'x'.repeat(70_000) }))).toMatchObject({ status: 413 });
  expect(await ask('POST', '/reload', '{}', { 'content-type': 'nonsense' })).toMatchObject({ status: 415 });
  expect(await ask('GET', `/trace/${'a'.repeat(300)}`)).toMatchObject({ status: 404 });
  expect(await ask('GET', '/trace/%zz')).toMatchObject({ status: 404, error: 'no such page: /trace/%zz' });
  expect(await ask('POST', '/rescue', '{')).toEqual({ status: 400, error: 'the body is no JSON' });
  expect(await ask('POST', '/rescue', '{"limit": 1}')).toMatchObject({
    status: 400,
    error: expect.stringContaining('names nothing') as string,
  });
  expect(done).toEqual([]);
});

it('query reads by the same schemas what is answered', async () => {
  const link = new CollectorLink(`http://127.0.0.1:${server.port}`);
  const id = '0af7651916cd43dd8448eb211c80319c';
  expect(await link.trace(id)).toEqual({
    pending: true,
    buffered: null,
    remembered: null,
    rejected: [],
    rescuable: null,
    remembers_since: '5000000',
  });
  expect(await link.config()).toEqual({ yaml: '', hash: 'h', file: '', last_reload: null, started_at: '5000000' });
  expect(await link.samples()).toEqual([]);
  expect((await link.ledger())?.spans.received).toBe(0);
});

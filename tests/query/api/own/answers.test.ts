// Every route of the table, asked of a running Winnow with real traffic: it answers what it declares, to the last field, and the document
// that programs read is made from the same table.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ROUTES } from '#proto/api/routes.ts';
import type { OwnRoute } from '#proto/api/route-contract.ts';
import { requireDeclaredAnswer } from '#tests/support/declared-answer.ts';
import { RunningWinnow } from '#tests/support/running-winnow.ts';
import { traceRequest } from '#tests/support/trace-builder.ts';

const MS = 1e6;
const CONFIG = `sampling:
  wait: { quiet: 200ms, after_root: 400ms, max: 1s }
  rules:
    - { name: no mail, when: { root: { service: mail } }, keep: 0% }
    - { name: the rest, keep: 100% }
`;
const SHOP = 'a1'.padStart(32, '0');
const routes: readonly (readonly [string, OwnRoute])[] = Object.entries(ROUTES);
const gets = routes.filter(([, { method }]) => method === 'GET');
let winnow: RunningWinnow;

beforeAll(async () => {
  winnow = await RunningWinnow.start(CONFIG);
  const baseNs = BigInt(Date.now() - 1000) * 1_000_000n;
  const traces = [
    traceRequest(
      'a1',
      [
        { id: '1', service: 'shop', name: 'buy', kind: 2, start: 0, end: 30 * MS },
        {
          id: '2',
          parent: '1',
          service: 'shop',
          name: 'pay',
          kind: 3,
          start: 5 * MS,
          end: 20 * MS,
          links: [{ trace: 'b1', span: '4' }],
        },
        { id: '3', parent: '9', service: 'bank', name: 'charge', kind: 2, start: 6 * MS, end: 15 * MS },
      ],
      baseNs,
    ),
    traceRequest('b1', [{ id: '4', service: 'mail', name: 'send', kind: 4, start: 0, end: 10 * MS }], baseNs),
  ];
  await send('/v1/traces', 'application/x-protobuf', Buffer.concat(traces));
  const record = {
    timeUnixNano: String(baseNs),
    severityNumber: 9,
    body: { stringValue: 'all is well' },
    traceId: SHOP,
    spanId: '1'.padStart(16, '0'),
  };
  await send(
    '/v1/logs',
    'application/json',
    JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] }),
  );
  await winnow.settled();
  // Counts and decisions come in blocks of their own.
  await hasItems('/api/logs', 'logs', 1);
  await hasItems('/api/decisions', 'decisions', 2);
  await hasItems('/api/services', 'services', 2);
}, 90_000);
afterAll(() => winnow.stop());

async function hasItems(path: string, list: string, count: number): Promise<void> {
  await winnow.until(async () => {
    const items = (await winnow.api<Readonly<Record<string, readonly unknown[]>>>(path))[list] ?? [];
    return items.length >= count ? true : undefined;
  });
}

async function send(path: string, type: string, body: string | Buffer<ArrayBuffer>): Promise<void> {
  const answer = await fetch(`http://${winnow.addresses['otlp_http']}${path}`, {
    method: 'POST',
    headers: { 'content-type': type },
    body,
  });
  if (!answer.ok) throw new Error(`not taken: ${answer.status} ${await answer.text()}`);
}

function addressOf({ path, query }: OwnRoute): string {
  const place = path.replace(':trace_id', SHOP).replace(':span_id', '2'.padStart(16, '0'));
  if ('trace_id' in query.shape && path.startsWith('/api/traces')) return `${place}?trace_id=${SHOP}`;
  if ('duration_ns' in query.shape) return `${place}?service=shop&name=buy&kind=server&duration_ns=1e6`;
  if ('term' in query.shape) return `${place}?term=shop`;
  return 'service' in query.shape ? `${place}?service=shop` : place;
}

it.each(gets)('%s answers what it declares', async (_name, route) => {
  const answer = await winnow.api<object>(addressOf(route));
  const isFull = Object.values(answer).some((value) => (Array.isArray(value) ? value.length > 0 : value !== null));
  expect(isFull, 'an empty answer shows nothing').toBe(true);
});

it('answers also what is a POST as declared', async () => {
  const simulated = await post('/api/simulate', { config: CONFIG });
  expect(() => requireDeclaredAnswer('/api/simulate', simulated)).not.toThrow();
  const rescued = await post('/api/rescue', { trace_ids: ['b1'.padStart(32, '0')] });
  expect(() => requireDeclaredAnswer('/api/rescue', rescued)).not.toThrow();
});

async function post(path: string, body: object): Promise<unknown> {
  const answer = await fetch(`http://${winnow.addresses['http']}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(answer.status).toBe(200);
  return answer.json();
}

it('tells programs of every route, at the version of the product', async () => {
  const document = await winnow.api<{
    openapi: string;
    info: { version: string };
    paths: Record<string, Record<string, { operationId: string }>>;
  }>('/api/openapi.json');
  expect(document.openapi).toMatch(/^3\.1\./);
  expect(document.info.version).toMatch(/^\d+\.\d+\.\d+$/);
  const told = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId }]) => [operationId, method, path]),
  );
  expect(told).toEqual(
    routes.map(([name, { method, path }]) => [name, method.toLowerCase(), path.replaceAll(/:(\w+)/g, '{$1}')]),
  );
});

it('fails for a field that is not declared, however deep, and for a route that is not in the table', () => {
  expect(() => requireDeclaredAnswer('/healthz', { status: 'ok', more: 1 })).toThrow('the answer has .more, which');
  const total = { kept: 1, stands_for: 1, standard_error: 0, spans: { kept: 1, stands_for: 1 } };
  const page = { traces: [], next_cursor: null, total };
  expect(() => requireDeclaredAnswer('/api/search?limit=1', page)).not.toThrow();
  expect(() => requireDeclaredAnswer('/api/search', { ...page, total: { ...total, lost: 1 } })).toThrow('.total.lost');
  expect(() => requireDeclaredAnswer('/api/unheard', {})).toThrow('/api/unheard is no route');
});

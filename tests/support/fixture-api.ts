// A stand-in for the query server: answers every route of the contract from a made-up world and serves ui/dist under the strict content policy. For tests and for looking only.
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize, resolve } from 'node:path';
import { parse } from 'node:querystring';
import { pathToFileURL } from 'node:url';
import { DeclaredRequest } from '#proto/api/declared-request.ts';
import type { RequestContract } from '#proto/api/route-contract.ts';
import { ROUTES } from '#proto/api/routes.ts';
import type { TraceSummary } from '#proto/api/search.ts';
import { ledgerAnswer } from './fixture-ledger.ts';
import { hitsAnswer, samplingAnswer, simulateAnswer } from './fixture-sampling.ts';
import { meetsQuestion } from './fixture-question.ts';
import { bigTrace } from './fixture-trace.ts';
import {
  BATCH_ID,
  BIG_ID,
  CHECKOUT_ID,
  criticalPathAnswer,
  decisionsAnswer,
  dependenciesAnswer,
  facetsOf,
  makeWorld,
  operationsAnswer,
  propagationAnswer,
  reconstructionAnswer,
  servicesAnswer,
} from './fixture-world.ts';
import type { World } from './fixture-world.ts';

const CONTENT_POLICY = "default-src 'self'";
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};
const WELL = { collector: 'ready', store: 'ready', not_ready: [], degraded: [] };
const ILL = {
  ...WELL,
  collector: 'not ready',
  not_ready: [
    'the disk of /var/lib/winnow has 41 MiB free, and 77 MiB are needed: free some, shorten retention.*, or lower disk.reserve_bytes',
  ],
  degraded: [
    '2 blocks of logs are refused by ClickHouse: see why with `winnow spool list`, then `winnow spool retry` or `drop`',
  ],
};
const DIST = resolve(import.meta.dirname, '../../ui/dist');
const BIG_SPANS = 100_000;

/** `mistakes`: what pages asked that no route declares; the real server refuses it. */
export interface FixtureApi {
  readonly url: string;
  readonly mistakes: readonly string[];
  readonly close: () => Promise<void>;
}

const DECLARED = Object.values<RequestContract>(ROUTES).map((route) => ({
  ...route,
  pattern: new RegExp(`^${route.path.replaceAll(/:\w+/g, '[0-9a-fA-F]+')}$`),
  declared: new DeclaredRequest(route),
}));

function mistakeIn(url: URL, method: string | undefined, body: string): string | undefined {
  if (url.pathname.startsWith('/api/v1/')) return undefined;
  const route = DECLARED.find(({ pattern }) => pattern.test(url.pathname));
  if (route === undefined || route.method !== method) return `${method} ${url.pathname} is no route`;
  return (
    route.declared.mistakeInQuery(parse(url.search.slice(1))) ??
    (route.method === 'POST' ? route.declared.mistakeInBody(JSON.parse(body)) : undefined)
  )?.message;
}

function matching(world: World, q: URLSearchParams): TraceSummary[] {
  const start = BigInt(q.get('start') ?? '0');
  const end = BigInt(q.get('end') ?? '9223372036854775807');
  const service = q.get('service');
  return world.traces.filter((t) => {
    const at = BigInt(t.start);
    return (
      at >= start &&
      at < end &&
      (!service || t.services.some((s) => s.service === service)) &&
      t.duration_ns >= Number(q.get('min_duration_ms') ?? 0) * 1e6 &&
      meetsQuestion(t, q.get('q') ?? '')
    );
  });
}

function search(world: World, q: URLSearchParams): unknown {
  const all = matching(world, q);
  if (q.get('sort') === 'slowest') all.sort((a, b) => b.duration_ns - a.duration_ns);
  const from = Number(q.get('cursor') ?? 0);
  const limit = Number(q.get('limit') ?? 20);
  const weight = all.reduce((sum, t) => sum + t.weight, 0);
  const variance = all.reduce((sum, t) => sum + t.weight * (t.weight - 1), 0);
  return {
    traces: all.slice(from, from + limit),
    next_cursor: from + limit < all.length ? String(from + limit) : null,
    total: {
      kept: all.length,
      stands_for: weight,
      standard_error: Math.sqrt(variance),
      spans: { kept: all.length * 2, stands_for: weight * 2 },
    },
  };
}

function heatmap(world: World, q: URLSearchParams, nowMs: number): unknown {
  const end = BigInt(q.get('end') ?? BigInt(nowMs) * 1_000_000n);
  const start = BigInt(q.get('start') ?? end - 1_800_000_000_000n);
  const columns = 100;
  const cells = new Map<string, [number, number, number, number, number]>();
  for (const t of matching(world, q)) {
    const column = Math.min(columns - 1, Number(((BigInt(t.start) - start) * BigInt(columns)) / (end - start)));
    const row = Math.floor(Math.log10(t.duration_ns / 1000) * 4);
    const cell = cells.get(`${column},${row}`) ?? [column, row, 0, 0, 0];
    cell[2]++;
    cell[3] += t.weight;
    if (t.error_count > 0) cell[4]++;
    cells.set(`${column},${row}`, cell);
  }
  return { start: String(start), end: String(end), columns, cells: [...cells.values()] };
}

function logs(world: World, q: URLSearchParams): unknown {
  const words = (q.get('q') ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  const found = world.logs.filter(
    (l) =>
      (!q.has('trace_id') || l.trace_id === q.get('trace_id')) &&
      (!q.has('span_id') || l.span_id === q.get('span_id')) &&
      (!q.has('service') || l.service === q.get('service')) &&
      l.severity >= Number(q.get('min_severity') ?? 0) &&
      words.every((w) => l.body.toLowerCase().includes(w)),
  );
  const end = BigInt(q.get('end') ?? '0');
  const start = BigInt(q.get('start') ?? '0');
  const histogram = Array.from({ length: 60 }, (_, i) => ({
    time: String(start + ((end - start) * BigInt(i)) / 60n),
    records: 0,
    errors: 0,
  }));
  if (end > start)
    for (const l of found) {
      const bin = histogram[Number(((BigInt(l.time) - start) * 60n) / (end - start))];
      if (!bin) continue;
      bin.records++;
      if (l.severity >= 17) bin.errors++;
    }
  return { logs: found.slice(0, Number(q.get('limit') ?? 100)), next_cursor: null, histogram };
}

function prometheus(path: string, q: URLSearchParams): unknown {
  const ok = (data: unknown): unknown => ({ status: 'success', data });
  if (path.endsWith('/labels')) return ok(['__name__', 'service_name', 'span_name', 'status_code']);
  if (path.endsWith('/label/__name__/values'))
    return ok([
      'traces_span_metrics_calls_total',
      'traces_span_metrics_duration_seconds_bucket',
      'traces_service_graph_request_total',
    ]);
  if (path.endsWith('/values')) return ok(['frontend', 'checkout', 'payment']);
  if (path.endsWith('/metadata'))
    return ok({ traces_span_metrics_calls_total: [{ type: 'counter', help: 'Calls', unit: '' }] });
  if (path.endsWith('/series')) return ok([]);
  if (path.endsWith('/query_exemplars'))
    return ok([
      {
        seriesLabels: { service_name: 'payment' },
        exemplars: [
          {
            labels: { trace_id: CHECKOUT_ID, span_id: '00000000a10001a4' },
            value: '0.64',
            timestamp: Number(q.get('end')) - 60,
          },
        ],
      },
    ]);
  if (q.get('query')?.includes('nonsense')) return null;
  const series = ['frontend', 'checkout', 'payment', 'cart'];
  if (path.endsWith('/query'))
    return ok({
      resultType: 'vector',
      result: series.map((s, i) => ({
        metric: { service_name: s },
        value: [Number(q.get('time') ?? 0), String(100 / (i + 1))],
      })),
    });
  const start = Number(q.get('start'));
  const end = Number(q.get('end'));
  const step = Number(q.get('step')) || 15;
  return ok({
    resultType: 'matrix',
    result: series.map((s, i) => ({
      metric: { service_name: s },
      values: Array.from({ length: Math.floor((end - start) / step) + 1 }, (_, k) => [
        start + k * step,
        String(100 / (i + 1) + 8 * Math.sin(k / 9 + i)),
      ]),
    })),
  });
}

function answer(world: World, path: string, q: URLSearchParams, nowMs: number): unknown {
  const trace = /^\/api\/traces\/([0-9a-f]{32})(?:\/(full|find|spans\/([0-9a-f]{16})))?$/.exec(path);
  if (trace) {
    if (trace[2] === 'find') return { terms: q.getAll('term').map((term) => ({ term, span_ids: [], is_cut: false })) };
    if (trace[1] === BIG_ID)
      return trace[2] === undefined
        ? bigTrace(
            {
              ...world.checkout.trace.summary,
              trace_id: BIG_ID,
              root_service: 'batch',
              root_name: 'nightly',
              span_count: BIG_SPANS,
              duration_ns: 6e10,
              error_count: 100,
            },
            BIG_SPANS,
          )
        : { spans: [] };
    const made = trace[1] === CHECKOUT_ID ? world.checkout : trace[1] === BATCH_ID ? world.batch : undefined;
    if (made === undefined || world.traces.length === 0) return null;
    if (trace[2] === undefined) return made.trace;
    const details = [...made.details.values()];
    return { spans: trace[2] === 'full' ? details : details.filter((d) => d.span_id === trace[3]) };
  }
  const why = /^\/api\/why\/([0-9a-f]{32})$/.exec(path);
  if (why) {
    const decisions = world.decisions.filter((d) => d.trace_id === why[1]);
    const state = decisions[0]?.decision ?? 'never seen';
    return {
      trace_id: why[1],
      state,
      decisions,
      stored: null,
      collector: null,
      refusals: state === 'never seen' ? [{ reason: 'malformed', requests: 3 }] : [],
      answer:
        state === 'never seen'
          ? 'No span of this trace has reached Winnow in the last 3 days.'
          : `Decided by rule “${decisions[0]?.rule}” after the trace had been quiet for 1 s.`,
    };
  }
  if (path.startsWith('/api/v1/')) return prometheus(path, q);
  const empty = world.traces.length === 0;
  switch (path) {
    case '/api/search':
      return search(world, q);
    case '/api/heatmap':
      return heatmap(world, q, nowMs);
    case '/api/duration-rank':
      return { calls: 1204, faster_least: 1124, faster_most: 1170 };
    case '/api/suggest':
      return { suggestions: [{ text: q.has('key') ? 'checkout' : 'http.route', count: 12 }] };
    case '/api/facets':
      return facetsOf(matching(world, q));
    case '/api/services':
      return empty ? { services: [] } : servicesAnswer();
    case '/api/operations':
      return empty ? { operations: [] } : operationsAnswer(q.get('service') ?? '');
    case '/api/dependencies':
      return empty ? { nodes: [], edges: [] } : dependenciesAnswer();
    case '/api/critical-path':
      return empty
        ? { total: { kept: 0, stands_for: 0, mean_duration_ns: null, mean_path_ns: null }, operations: [] }
        : criticalPathAnswer(world, q);
    case '/api/propagation':
      return empty ? { problems: [] } : propagationAnswer(world);
    case '/api/reconstruction-report':
      return empty ? { rows: [] } : reconstructionAnswer(world);
    case '/api/logs':
      return logs(world, q);
    case '/api/decisions':
      return empty ? { decisions: [], rules: [] } : decisionsAnswer(world);
    case '/api/ledger':
      return ledgerAnswer(nowMs);
    case '/api/health':
      return empty ? WELL : ILL;
    case '/api/sampling':
      return samplingAnswer(nowMs);
    case '/api/sampling/hits':
      return empty
        ? { start: '0', step_ms: 1000, steps: 60, rules: [], services: [], triggers: [] }
        : hitsAnswer(q, nowMs);
    default:
      return null;
  }
}

function serveFile(path: string, response: ServerResponse): void {
  const file = join(DIST, normalize(path));
  const found = file.startsWith(DIST) && existsSync(file) && statSync(file).isFile() ? file : join(DIST, 'index.html');
  response.writeHead(200, {
    'content-type': TYPES[extname(found)] ?? 'application/octet-stream',
    'content-security-policy': CONTENT_POLICY,
    'x-content-type-options': 'nosniff',
  });
  createReadStream(found).pipe(response);
}

/** Serves until closed; `empty` answers like a fresh install. */
export async function startFixtureApi(
  options: { readonly port?: number; readonly empty?: boolean } = {},
): Promise<FixtureApi> {
  const nowMs = Date.now();
  const full = makeWorld(nowMs);
  const world: World = options.empty === true ? { ...full, traces: [], logs: [], decisions: [] } : full;
  const mistakes: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://fixture');
    if (!url.pathname.startsWith('/api/')) return serveFile(url.pathname, response);
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const mistake = mistakeIn(url, request.method, body);
      if (mistake !== undefined) {
        mistakes.push(mistake);
        response
          .writeHead(400, { 'content-type': 'application/json' })
          .end(JSON.stringify({ error: { code: 'bad_request', message: mistake } }));
        return;
      }
      if (url.pathname === '/api/simulate') {
        const tried = simulateAnswer(body);
        response.writeHead(tried.status, { 'content-type': 'application/json' }).end(JSON.stringify(tried.body));
        return;
      }
      const found = answer(world, url.pathname, body === '' ? url.searchParams : new URLSearchParams(body), nowMs);
      const missing = url.pathname.startsWith('/api/v1/')
        ? { status: 'error', errorType: 'bad_data', error: '1:10: parse error: unexpected identifier "nonsense"' }
        : {
            error: {
              code: 'not_found',
              message: 'No span of this trace is stored.',
              hint: 'It may have been sampled out: ask /api/why.',
            },
          };
      response.writeHead(found === null ? (url.pathname.startsWith('/api/v1/') ? 400 : 404) : 200, {
        'content-type': 'application/json',
      });
      response.end(JSON.stringify(found ?? missing));
    });
  });
  await new Promise<void>((done) => server.listen(options.port ?? 0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    mistakes,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const api = await startFixtureApi({ port: Number(process.env['PORT'] ?? 4390) });
  console.log(api.url);
}

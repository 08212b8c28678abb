// The HTTP server of query: own API, Prometheus API, the built UI. Every error is answered in the shape of the API that was called.
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import fastifyStatic from '@fastify/static';
import fastify, { type FastifyInstance } from 'fastify';
import { z } from 'zod';
import { openApiDocument } from '#proto/api/openapi.ts';
import { ROUTES } from '#proto/api/routes.ts';
import type { Log } from '#proto/log/log.ts';
import type { CollectorLink } from './collector-link.ts';
import { decisionLog } from './decisions/decisions.ts';
import { samplingHits } from './decisions/hits.ts';
import { samplingNow } from './decisions/sampling.ts';
import { why } from './decisions/why.ts';
import { searchLogs } from './logs/logs.ts';
import { sendError } from './own-error.ts';
import { requireDeclared, serve } from './own-route.ts';
import { logRequests } from './request-log.ts';
import { dependencies } from './services/dependencies.ts';
import { propagation } from './services/propagation.ts';
import { reconstructionReport } from './services/reconstruction-report.ts';
import { operations, services as listServices } from './services/red.ts';
import type { Store } from './store/open-store.ts';
import { StoreError, type StoreFailure } from './store/store-error.ts';
import { BadRequest, NotFound, timeRange } from './time-range.ts';
import { criticalPath } from './traces/critical-path.ts';
import { facets, heatmap, searchTraces } from './traces/search.ts';
import { fullTrace, fullTraces, spanDetail } from './traces/span-detail.ts';
import { traceById } from './traces/trace.ts';

/** Only what the built UI needs: its own files. No inline script or style. */
const CONTENT_SECURITY_POLICY =
  "default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'; worker-src 'self' blob:; connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/** A browser opens six connections a page; more than these are a mistake. */
const MAX_CONNECTIONS = 1024;
/** For the headers of a request, and for all of it: the largest body is a configuration. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const CONNECTIONS_CHECK_MS = 5000;
/** Of a connection without a request: Grafana and browsers use theirs again within a minute. */
const KEEP_ALIVE_MS = 75_000;

export interface ServerParts {
  readonly store: Store;
  readonly collector: CollectorLink;
  /** Directory of the built UI; pages answer 503 with the remedy when it is absent. */
  readonly uiDir: string;
  /** Unix ms; a parameter so that tests can stand still. */
  readonly now: () => number;
  /** Of the product. */
  readonly version: string;
  /** Told of questions that failed and that were slow. */
  readonly log: Log;
  /** Adds the Prometheus API. */
  readonly registerPrometheus: (app: FastifyInstance) => void;
}

export async function createServer(parts: ServerParts): Promise<FastifyInstance> {
  const app = fastify({
    logger: false,
    // Random, so that it means one question over all starts; never what a client sends.
    genReqId: () => randomUUID(),
    bodyLimit: 1024 * 1024,
    routerOptions: { maxParamLength: 500 },
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    http: { headersTimeout: HEADERS_TIMEOUT_MS, connectionsCheckingInterval: CONNECTIONS_CHECK_MS },
  });
  app.server.maxConnections = MAX_CONNECTIONS;
  // `accept` fails when there are no file descriptors: clients try again.
  app.server.on('error', () => undefined);
  app.addHook('onSend', async (_request, reply) => {
    reply.header('content-security-policy', CONTENT_SECURITY_POLICY);
    reply.header('x-content-type-options', 'nosniff');
    reply.header('referrer-policy', 'same-origin');
  });
  logRequests(app, { log: parts.log, elapsedMs: () => performance.now() });
  registerErrors(app);
  requireDeclared(app);
  registerApi(app, parts);
  parts.registerPrometheus(app);
  await registerUi(app, parts.uiDir);
  return app;
}

function registerApi(app: FastifyInstance, { store, collector, now, version }: ServerParts): void {
  const { traces, services, decisions } = store;
  serve(app, ROUTES.search, ({ query }) => searchTraces(traces, query, now()));
  serve(app, ROUTES.heatmap, ({ query }) => heatmap(traces, query, now()));
  serve(app, ROUTES.facets, ({ query }) => facets(traces, query, now()));
  serve(app, ROUTES.trace, ({ params }) => traceById(store, params.trace_id));
  serve(app, ROUTES.fullTraces, ({ query }) => fullTraces(traces, query.trace_id));
  serve(app, ROUTES.fullTrace, ({ params }) => fullTrace(traces, params.trace_id));
  serve(app, ROUTES.span, ({ params }) => spanDetail(traces, params.trace_id, params.span_id));
  serve(app, ROUTES.services, ({ query }) => listServices(services, timeRange(query, now())));
  serve(app, ROUTES.operations, ({ query }) => operations(services, query.service, timeRange(query, now())));
  serve(app, ROUTES.dependencies, ({ query }) => dependencies(services, timeRange(query, now())));
  serve(app, ROUTES.criticalPath, ({ query }) => criticalPath(traces, query, now()));
  serve(app, ROUTES.propagation, ({ query }) => propagation(services, timeRange(query, now())));
  serve(app, ROUTES.reconstructionReport, ({ query }) => reconstructionReport(services, timeRange(query, now())));
  serve(app, ROUTES.logs, ({ query }) => searchLogs(store.logs, query, now()));
  serve(app, ROUTES.why, ({ params }) => why({ traces, decisions, collector }, params.trace_id, now()));
  serve(app, ROUTES.decisions, ({ query: { limit, start, end, ...filter } }) =>
    decisionLog(decisions, { ...filter, range: timeRange({ start, end }, now()) }, limit),
  );
  serve(app, ROUTES.sampling, () => samplingNow(collector));
  serve(app, ROUTES.samplingHits, ({ query }) => samplingHits(decisions, timeRange(query, now())));
  serve(app, ROUTES.ledger, async (_asked, reply) => {
    const ledger = await collector.ledger();
    return (
      ledger ??
      sendError(reply, 503, {
        code: 'COLLECTOR_UNREACHABLE',
        message: 'the collector does not answer on its admin address',
        hint: 'check listen.admin',
      })
    );
  });
  const document = openApiDocument(version);
  serve(app, ROUTES.openapi, () => ({ ...document }));
  serve(app, ROUTES.healthz, () => ({ status: 'ok' }));
  serve(app, ROUTES.readyz, async (_asked, reply) => {
    return (await store.isReachable())
      ? { status: 'ready' }
      : reply.code(503).send({ status: 'not ready', reasons: ['ClickHouse does not answer'] });
  });
}

function registerErrors(app: FastifyInstance): void {
  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof z.ZodError) {
      const issue = error.issues[0];
      const where = issue?.path.join('.') ?? '';
      return sendError(reply, 400, {
        code: 'BAD_PARAMETER',
        message: `${where}: ${issue?.message ?? 'invalid'}`,
        hint: 'see the route’s parameters in the README',
      });
    }
    if (error instanceof BadRequest)
      return sendError(reply, 400, { code: error.code, message: error.message, hint: error.hint });
    if (error instanceof NotFound)
      return sendError(reply, 404, { code: error.code, message: error.message, hint: error.hint });
    const { code, hint, status } = failureOf(error);
    const [message = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    return sendError(reply, status, { code, message, hint });
  });
}

interface Failure {
  readonly code: string;
  readonly hint: string;
  readonly status: number;
}

const QUERY_FAILED: Failure = {
  code: 'QUERY_FAILED',
  hint: 'try again; if it stays, the log of query tells more',
  status: 500,
};
/** What failures of the store mean to the person who asked. */
const STORE_FAILURES: Readonly<Record<StoreFailure, Failure>> = {
  timeout: { code: 'QUERY_TIMEOUT', hint: 'narrow the time range or add a filter', status: 504 },
  too_large: { code: 'QUERY_TOO_LARGE', hint: 'narrow the time range or add a filter', status: 422 },
  unreachable: {
    code: 'STORE_UNREACHABLE',
    hint: 'ClickHouse is starting or down; try again in a moment',
    status: 503,
  },
  schema: {
    code: 'STORE_SCHEMA',
    hint: 'start a collector of this version on this ClickHouse: it creates what is missing (deploy/clickhouse)',
    status: 503,
  },
  failed: QUERY_FAILED,
};

function failureOf(error: unknown): Failure {
  if (error instanceof StoreError) return STORE_FAILURES[error.failure];
  const own = typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : undefined;
  return typeof own === 'number' ? { ...QUERY_FAILED, status: own } : QUERY_FAILED;
}

async function registerUi(app: FastifyInstance, uiDir: string): Promise<void> {
  const built = existsSync(`${uiDir}/index.html`);
  if (built) await app.register(fastifyStatic, { root: uiDir, wildcard: false, cacheControl: true, maxAge: '1h' });
  app.setNotFoundHandler((request, reply) => {
    const isPage =
      request.method === 'GET' &&
      !request.url.startsWith('/api/') &&
      !request.url.startsWith('/prometheus/') &&
      !request.url.startsWith('/jaeger/') &&
      !request.url.startsWith('/assets/');
    if (isPage && built) return reply.header('cache-control', 'no-cache').sendFile('index.html', { maxAge: 0 });
    if (isPage)
      return reply.code(503).type('text/plain').send('The UI is not built: run "npm run build" and start again.\n');
    return sendError(reply, 404, {
      code: 'NO_ROUTE',
      message: `${request.method} ${request.url.slice(0, 200)} is not a route`,
      hint: 'see the list of routes in the README',
    });
  });
}

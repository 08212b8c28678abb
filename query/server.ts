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
import { operations, services } from './services/red.ts';
import type { Database } from './store/database.ts';
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
  readonly db: Database;
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

function registerApi(app: FastifyInstance, { db, collector, now, version }: ServerParts): void {
  serve(app, ROUTES.search, ({ query }) => searchTraces(db, query, now()));
  serve(app, ROUTES.heatmap, ({ query }) => heatmap(db, query, now()));
  serve(app, ROUTES.facets, ({ query }) => facets(db, query, now()));
  serve(app, ROUTES.trace, ({ params }) => traceById(db, params.trace_id));
  serve(app, ROUTES.fullTraces, ({ query }) => fullTraces(db, query.trace_id));
  serve(app, ROUTES.fullTrace, ({ params }) => fullTrace(db, params.trace_id));
  serve(app, ROUTES.span, ({ params }) => spanDetail(db, params.trace_id, params.span_id));
  serve(app, ROUTES.services, ({ query }) => services(db, timeRange(query, now())));
  serve(app, ROUTES.operations, ({ query }) => operations(db, query.service, timeRange(query, now())));
  serve(app, ROUTES.dependencies, ({ query }) => dependencies(db, timeRange(query, now())));
  serve(app, ROUTES.criticalPath, ({ query }) => criticalPath(db, query, now()));
  serve(app, ROUTES.propagation, ({ query }) => propagation(db, timeRange(query, now())));
  serve(app, ROUTES.reconstructionReport, ({ query }) => reconstructionReport(db, timeRange(query, now())));
  serve(app, ROUTES.logs, ({ query }) => searchLogs(db, query, now()));
  serve(app, ROUTES.why, ({ params }) => why(db, collector, params.trace_id, now()));
  serve(app, ROUTES.decisions, ({ query }) => decisionLog(db, query, timeRange(query, now())));
  serve(app, ROUTES.sampling, () => samplingNow(collector));
  serve(app, ROUTES.samplingHits, ({ query }) => samplingHits(db, timeRange(query, now())));
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
    const answer = await db.client.ping();
    return answer.success
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
    const { code, hint, status } = storeError(error);
    return reply
      .code(status)
      .send({ error: { code, message: error instanceof Error ? error.message.split('\n')[0] : String(error), hint } });
  });
}

/** What ClickHouse's errors mean to the person who asked. */
function storeError(error: unknown): { code: string; hint: string; status: number } {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  if (code === '159') return { code: 'QUERY_TIMEOUT', hint: 'narrow the time range or add a filter', status: 504 };
  if (code === '241' || code === '396')
    return { code: 'QUERY_TOO_LARGE', hint: 'narrow the time range or add a filter', status: 422 };
  if (code.startsWith('ECONN') || code === 'ENOENT')
    return { code: 'STORE_UNREACHABLE', hint: 'ClickHouse is starting or down; try again in a moment', status: 503 };
  const status =
    typeof error === 'object' && error !== null && 'statusCode' in error && typeof error.statusCode === 'number'
      ? error.statusCode
      : 500;
  return { code: 'QUERY_FAILED', hint: 'try again; if it stays, the log of query tells more', status };
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

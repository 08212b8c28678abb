// The HTTP server of query: mounts own API, Prometheus API and the built UI. Every error is answered in the shape of the API that was called.
import { randomUUID } from 'node:crypto';
import fastify, { type FastifyInstance } from 'fastify';
import type { Log } from '#proto/log/log.ts';
import { answerError } from './api/own/own-error.ts';
import { requireDeclared } from './api/own/own-route.ts';
import { registerOwnApi, type OwnApiParts } from './api/own/register.ts';
import { answerBadPath } from './api/prometheus/bad-path.ts';
import { registerPrometheusApi } from './api/prometheus/register.ts';
import { registerRemoteWrite } from './collector/forward-write.ts';
import { compressAnswers } from './compress-answers.ts';
import type { Evaluator } from './evaluation/question.ts';
import type { EngineOptions } from './promql/engine.ts';
import { registerMetrics } from './query-metrics.ts';
import type { RulesRuntime } from './rules/run/rules-runtime.ts';
import { RunningRules } from './rules/run/rules-status.ts';
import { logRequests } from './request-log.ts';
import { registerUi } from './serve-ui.ts';

/** Only what the built UI needs: its own files. No inline script or style. */
const CONTENT_SECURITY_POLICY =
  "default-src 'self'; img-src 'self' data:; style-src 'self'; script-src 'self'; worker-src 'self' blob:; connect-src 'self'; object-src 'none'; base-uri 'self'; frame-ancestors 'none'";

/** A browser opens six connections a page; more than these are a mistake. */
const MAX_CONNECTIONS = 1024;
/** For the headers of a request, and for all of it: the largest body is a configuration. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const CONNECTIONS_CHECK_MS = 5000;
/** Of a connection without a request: Grafana and browsers use theirs again within a minute. */
const KEEP_ALIVE_MS = 75_000;

export interface ServerParts extends OwnApiParts {
  /** Directory of the built UI; pages answer 503 with the remedy when it is absent. */
  readonly uiDir: string;
  /** Path below which a proxy shows all of it; empty or as `/winnow`. */
  readonly basePath?: string;
  /** HOST:PORT of the collector's HTTP receiver, for remote write. */
  readonly receiver: string;
  /** Where PromQL is evaluated. */
  readonly evaluator: Evaluator;
  /** Limits and features of PromQL. */
  readonly engine: EngineOptions;
  /** Absent where none run. */
  readonly rules?: RulesRuntime | undefined;
  /** Browser origins that may ask the Prometheus API. */
  readonly promqlOrigins: readonly string[];
  /** Gets a line for each request that failed or was slow. */
  readonly log: Log;
}

export async function createServer(parts: ServerParts): Promise<FastifyInstance> {
  const basePath = parts.basePath ?? '';
  const app = fastify({
    logger: false,
    rewriteUrl: ({ url = '/' }) => withoutPrefix(url, basePath),
    // Random, so that it means one question over all starts; never what a client sends.
    genReqId: () => randomUUID(),
    bodyLimit: 1024 * 1024,
    routerOptions: { maxParamLength: 500 },
    // A path that cannot be decoded meets no route.
    frameworkErrors: (error, request, reply) => {
      if (!answerBadPath(request, reply)) answerError(error, reply);
    },
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
  compressAnswers(app);
  app.setErrorHandler((error, _request, reply) => answerError(error, reply));
  requireDeclared(app);
  registerOwnApi(app, parts);
  registerPrometheusApi(app, parts.store.series, {
    evaluator: parts.evaluator,
    engine: parts.engine,
    version: parts.version,
    now: parts.now,
    cardinality: parts.store.cardinality,
    origins: parts.promqlOrigins,
    isReady: () => parts.store.isReachable(),
    ...(parts.rules === undefined ? {} : { rules: new RunningRules(parts.rules) }),
  });
  if (parts.rules !== undefined) registerMetrics(app, parts.rules);
  registerRemoteWrite(app, parts.receiver);
  await registerUi(app, parts.uiDir, basePath);
  return app;
}

/** A proxy may pass its path on or take it away. */
function withoutPrefix(url: string, basePath: string): string {
  if (basePath === '' || !url.startsWith(basePath)) return url;
  const rest = url.slice(basePath.length);
  return rest.startsWith('/') ? rest : rest === '' || rest.startsWith('?') ? `/${rest}` : url;
}

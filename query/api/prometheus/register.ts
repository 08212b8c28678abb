// Mounts the Prometheus HTTP API on the server, at /api/v1 and /prometheus/api/v1, GET and form POST alike.
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { DEFAULT_ENGINE_OPTIONS, type EngineOptions } from '#query/promql/engine.ts';
import { InProcessEvaluator } from '#query/evaluation/in-process.ts';
import type { AnswerPieces, Evaluator } from '#query/evaluation/question.ts';
import { PromqlError } from '#query/promql/promql-error.ts';
import type { CardinalityReader, SeriesStore } from '#query/promql/storage.ts';
import { allowOrigins } from './cors.ts';
import { failure, STATUS_OF, success, type Success } from './envelope.ts';
import { features } from './features-route.ts';
import { registerFederation } from './federate.ts';
import { labelNames, labelValues, metadata, queryExemplars, series } from './label-routes.ts';
import type { Params } from './params.ts';
import { answerUnknown, registerProbes } from './plain-answers.ts';
import { formatQuery, instantQuery, parseQuery, rangeQuery, type RouteContext } from './query-routes.ts';
import { clientSignal, urlParams } from './request-parts.ts';
import { alertmanagers, alerts, rules } from './rules-routes.ts';
import { NO_RULES, type RulesStatus } from './rules-status.ts';
import { FIXED, runtimeInfo, searchDisabled, statusConfig, statusFlags } from './status-routes.ts';
import { tsdbStatus } from './tsdb-route.ts';

const PREFIXES = ['/api/v1', '/prometheus/api/v1'] as const;

/** The Prometheus whose API this is: Grafana decides by it what it may ask for (from 2.24 on label values take match[]). */
const API_LEVEL = '3.15.0';

/** Size of a form body: the longest query that is parsed, with room for the other parameters. */
const MAX_FORM_BYTES = 4 * 1024 * 1024;

export interface PrometheusApiOptions {
  readonly engine?: Partial<EngineOptions>;
  /** Where queries are evaluated; in this thread when none is given. */
  readonly evaluator?: Evaluator | undefined;
  /** What runs of rules and alerts; none when it is absent. */
  readonly rules?: RulesStatus | undefined;
  /** The product's version, shown as the revision in /status/buildinfo. */
  readonly version: string;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Counts what is stored, for /status/tsdb. */
  readonly cardinality?: CardinalityReader | undefined;
  /** Browser origins that may ask; none when left out. */
  readonly origins?: readonly string[];
  /** Whether the store answers. */
  readonly isReady: () => Promise<boolean>;
}

type Route = (params: Params, context: RouteContext) => Promise<Success | AnswerPieces | undefined>;

/** Grafana shows nothing of an answer but this text. */
function sendInternal(message: string, reply: FastifyReply): FastifyReply {
  return reply.code(500).send(failure('internal', `${message} (request ${reply.request.id})`));
}

function answerError(error: unknown, reply: FastifyReply): FastifyReply {
  if (error instanceof PromqlError && error.type === 'internal') return sendInternal(error.message, reply);
  if (error instanceof PromqlError) return reply.code(STATUS_OF[error.type]).send(failure(error.type, error.message));
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? Number(error.statusCode) : 500;
  if (status >= 400 && status < 500)
    return reply.code(status).send(failure('bad_data', error instanceof Error ? error.message : String(error)));
  return sendInternal(error instanceof Error ? error.message : String(error), reply);
}

function fixed(data: unknown): Route {
  return () => Promise.resolve(success(data));
}

/** Adds every route of the API; errors inside it are answered in Prometheus' envelope. */
export function registerPrometheusApi(app: FastifyInstance, store: SeriesStore, options: PrometheusApiOptions): void {
  const engine = { ...DEFAULT_ENGINE_OPTIONS, ...options.engine };
  const evaluator = options.evaluator ?? new InProcessEvaluator(store, engine);
  const buildInfo = {
    version: API_LEVEL,
    revision: `winnow ${options.version}`,
    branch: '',
    buildUser: '',
    buildDate: '',
    goVersion: '',
  };

  const both: Readonly<Record<string, Route>> = {
    '/query': instantQuery,
    '/query_range': rangeQuery,
    '/query_exemplars': queryExemplars,
    '/format_query': formatQuery,
    '/parse_query': parseQuery,
    '/labels': labelNames,
    '/series': series,
  };
  const reads: Readonly<Record<string, Route>> = {
    '/label/:name/values': labelValues,
    '/metadata': metadata,
    '/rules': rules,
    '/alerts': alerts,
    '/alertmanagers': alertmanagers,
    '/status/config': statusConfig,
    '/features': features,
    '/status/tsdb': tsdbStatus(options.cardinality),
    '/search/metric_names': searchDisabled,
    '/search/label_names': searchDisabled,
    '/search/label_values': searchDisabled,
    '/status/buildinfo': fixed(buildInfo),
    '/status/flags': statusFlags,
    '/status/runtimeinfo': runtimeInfo(options.now()),
    ...Object.fromEntries(Object.entries(FIXED).map(([path, data]) => [path, fixed(data)])),
  };

  const methodsOf = (path: string): readonly string[] => {
    if (Object.hasOwn(both, path)) return ['GET', 'POST'];
    return Object.hasOwn(reads, path) || /^\/label\/[^/]+\/values$/.test(path) ? ['GET'] : [];
  };

  registerProbes(app, options.isReady);
  registerFederation(app, store, engine, options.now);
  for (const prefix of PREFIXES) {
    void app.register(
      (scope, _options, done) => {
        scope.addContentTypeParser(
          'application/x-www-form-urlencoded',
          { parseAs: 'string', bodyLimit: MAX_FORM_BYTES },
          (_request, body, parsed) => {
            parsed(null, new URLSearchParams(String(body)));
          },
        );
        allowOrigins(scope, options.origins ?? []);
        scope.setErrorHandler((error, _request, reply) => answerError(error, reply));
        const add = (method: 'GET' | 'POST', url: string, route: Route): void => {
          scope.route({
            method,
            url,
            exposeHeadRoute: false,
            handler: async (request, reply) => {
              const path = (request.params ?? {}) as Readonly<Record<string, string>>;
              const answer = await route(urlParams(request), {
                store,
                evaluator,
                engine,
                rules: options.rules ?? NO_RULES,
                now: options.now,
                signal: clientSignal(reply),
                path,
              });
              if (answer === undefined) return reply.code(204).send();
              if ('status' in answer) return reply.send(answer);
              return reply.type('application/json; charset=utf-8').send(Readable.from(answer, { objectMode: false }));
            },
          });
        };
        for (const [url, route] of Object.entries(both))
          for (const method of ['GET', 'POST'] as const) add(method, url, route);
        for (const [url, route] of Object.entries(reads)) add('GET', url, route);
        answerUnknown(scope, prefix, methodsOf);
        scope.options('/*', (_request, reply) => reply.code(204).send());
        done();
      },
      { prefix },
    );
  }
}

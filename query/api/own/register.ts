// Mounts the own API: every route of the table, each to what answers it.
import type { FastifyInstance } from 'fastify';
import { openApiDocument } from '#proto/api/openapi.ts';
import { encodeTraceColumns, traceJson, TRACE_COLUMNS_TYPE } from '#proto/api/trace-columns.ts';
import { ROUTES } from '#proto/api/routes.ts';
import type { CollectorLink } from '#query/collector/collector-link.ts';
import type { DatabaseOptions } from '#query/store/database.ts';
import type { Store } from '#query/store/open-store.ts';
import { decisionLog } from './decisions/decisions.ts';
import { samplingHits } from './decisions/hits.ts';
import { rulesInForce } from './decisions/rules-in-force.ts';
import { samplingNow } from './decisions/sampling.ts';
import { why } from './decisions/why.ts';
import { stateNow } from './health.ts';
import { searchLogs } from './logs/logs.ts';
import { sendError } from './own-error.ts';
import { serve } from './own-route.ts';
import { parseRange } from './parse-range.ts';
import { registerRescue } from './rescue/register.ts';
import { dependencies } from './services/dependencies.ts';
import { durationRank } from './services/duration-rank.ts';
import { propagation } from './services/propagation.ts';
import { reconstructionReport } from './services/reconstruction-report.ts';
import { operations, services as listServices } from './services/red.ts';
import { registerSimulate } from './simulate/register.ts';
import { suggest } from './suggest/suggest.ts';
import { criticalPath } from './traces/critical-path.ts';
import { facets, heatmap, searchTraces } from './traces/search.ts';
import { fullTrace, fullTraces, spanDetail } from './traces/span-detail.ts';
import { findSpans } from './traces/find/find.ts';
import { traceById } from './traces/trace.ts';

export interface OwnApiParts {
  readonly store: Store;
  /** Where the store is, for a simulation, which reads it in a thread of its own. */
  readonly database: DatabaseOptions;
  readonly collector: CollectorLink;
  /** Unix ms; a parameter so that tests can stand still. */
  readonly now: () => number;
  /** Of the product. */
  readonly version: string;
  /** What keeps rules and alerts from their work; absent where none run. */
  readonly rules?: { readonly problems: () => readonly string[] } | undefined;
}

export function registerOwnApi(app: FastifyInstance, parts: OwnApiParts): void {
  registerTraces(app, parts);
  registerServices(app, parts);
  registerSampling(app, parts);
  registerState(app, parts);
  registerRescue(app, parts.collector);
  registerSimulate(app, parts);
}

function registerTraces(app: FastifyInstance, { store, now }: OwnApiParts): void {
  const { traces, logs } = store;
  serve(app, ROUTES.search, ({ query }) => searchTraces(traces, query, now()));
  serve(app, ROUTES.heatmap, ({ query }) => heatmap(traces, query, now()));
  serve(app, ROUTES.facets, ({ query }) => facets(traces, query, now()));
  serve(app, ROUTES.suggest, ({ query }) => suggest(store.suggestions, query, now()));
  serve(app, ROUTES.trace, async ({ params }, reply) => {
    const { header, spans, paths } = await traceById(store, params.trace_id);
    reply.header('vary', 'accept');
    if (reply.request.headers.accept?.includes(TRACE_COLUMNS_TYPE) !== true) return traceJson(header, spans, paths);
    return reply.type(TRACE_COLUMNS_TYPE).send(Buffer.from(encodeTraceColumns(header, spans, paths).buffer));
  });
  serve(app, ROUTES.fullTraces, ({ query }) => fullTraces(traces, query.trace_id));
  serve(app, ROUTES.fullTrace, ({ params }) => fullTrace(traces, params.trace_id));
  serve(app, ROUTES.span, ({ params }) => spanDetail(traces, params.trace_id, params.span_id));
  serve(app, ROUTES.find, ({ params, query }) => findSpans(traces, params.trace_id, query.term));
  serve(app, ROUTES.criticalPath, ({ query }) => criticalPath(traces, query, now()));
  serve(app, ROUTES.logs, ({ query }) => searchLogs(logs, query, now()));
}

function registerServices(app: FastifyInstance, { store: { services }, now }: OwnApiParts): void {
  serve(app, ROUTES.services, ({ query }) => listServices(services, parseRange(query, now())));
  serve(app, ROUTES.operations, ({ query }) => operations(services, query, parseRange(query, now())));
  serve(app, ROUTES.durationRank, ({ query }) => durationRank(services, query, parseRange(query, now())));
  serve(app, ROUTES.dependencies, ({ query }) => dependencies(services, parseRange(query, now())));
  serve(app, ROUTES.propagation, ({ query }) => propagation(services, parseRange(query, now())));
  serve(app, ROUTES.reconstructionReport, ({ query }) => reconstructionReport(services, parseRange(query, now())));
}

function registerSampling(app: FastifyInstance, { store, collector, now }: OwnApiParts): void {
  const { traces, decisions } = store;
  serve(app, ROUTES.why, ({ params }) => why({ traces, decisions, collector }, params.trace_id, now()));
  serve(app, ROUTES.decisions, ({ query: { limit, start, end, ...filter } }) =>
    decisionLog(decisions, { ...filter, range: parseRange({ start, end }, now()) }, limit),
  );
  serve(app, ROUTES.sampling, () => samplingNow(collector));
  serve(app, ROUTES.samplingHits, async ({ query }) =>
    samplingHits(decisions, parseRange(query, now()), rulesInForce((await collector.config())?.yaml)),
  );
}

function registerState(app: FastifyInstance, { store, collector, version, rules }: OwnApiParts): void {
  serve(app, ROUTES.state, () => stateNow(collector, store, rules?.problems()));
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

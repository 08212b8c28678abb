// Evaluating queries: /query, /query_range, and the two that only look at a query's text: /format_query and /parse_query.
import type { Expr } from '#query/promql/ast.ts';
import { prepare, queryInstant, queryRange, type EngineOptions, type QueryResult } from '#query/promql/engine.ts';
import { MAX_STEPS } from '#query/promql/limits.ts';
import { prettyPrint } from '#query/promql/print.ts';
import { PromqlError } from '#query/promql/promql-error.ts';
import { quote } from '#query/promql/quote.ts';
import { checkRangeQuery } from '#query/promql/check.ts';
import type { SeriesStore } from '#query/promql/storage.ts';
import { astJson } from './ast-json.ts';
import { annotated, success, type Success } from './envelope.ts';
import {
  inParameter,
  invalidParameter,
  optionalTime,
  parseDuration,
  parseLimit,
  parseLookback,
  parseTimeout,
  requiredTime,
  type Params,
} from './params.ts';
import { resultToJson } from './result-json.ts';
import type { MatrixAnswer } from './result-text.ts';

/** What a route gets besides its parameters. */
export interface RouteContext {
  readonly store: SeriesStore;
  readonly engine: EngineOptions;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** Path parameters. */
  readonly path: Readonly<Record<string, string>>;
}

function optionsFor(params: Params, context: RouteContext): EngineOptions {
  const timeoutMs = parseTimeout(params, context.engine.limits.timeoutMs);
  return {
    ...context.engine,
    limits: { ...context.engine.limits, timeoutMs },
    lookbackMs: parseLookback(params, context.engine.lookbackMs),
  };
}

function statsOf(params: Params, result: QueryResult, startedMs: number): Record<string, unknown> {
  if (params.get('stats') === '') return {};
  const elapsed = (performance.now() - startedMs) / 1000;
  const timings = {
    evalTotalTime: elapsed,
    resultSortTime: 0,
    queryPreparationTime: 0,
    innerEvalTime: elapsed,
    execQueueTime: 0,
    execTotalTime: elapsed,
  };
  const samples = {
    totalQueryableSamples: result.samplesSeen,
    samplesRead: result.samplesRead,
    peakSamples: result.peakSamples,
  };
  return { stats: { timings, samples } };
}

/** Prometheus' words about values of `stats` that it will refuse one day. */
function statsWarnings(params: Params): readonly string[] {
  const value = params.get('stats');
  if (value === '' || value === 'true' || value === 'all') return [];
  return [
    `value ${quote(value)} for parameter "stats" is deprecated and will be rejected in the next major release, use "true" or "all"`,
  ];
}

function answer(params: Params, result: QueryResult, limit: number, startedMs: number): Success | MatrixAnswer {
  const extra = statsOf(params, result, startedMs);
  const deprecated = statsWarnings(params);
  if (result.data.type === 'matrix') {
    const truncated = limit > 0 && result.data.series.length > limit;
    const { warnings, infos } = annotated(undefined, result.annotations, truncated, deprecated);
    const envelope = { ...(warnings === undefined ? {} : { warnings }), ...(infos === undefined ? {} : { infos }) };
    return { series: truncated ? result.data.series.slice(0, limit) : result.data.series, extra, envelope };
  }
  const { data, truncated } = resultToJson(result.data, limit);
  return annotated({ ...data, ...extra }, result.annotations, truncated, deprecated);
}

export async function instantQuery(params: Params, context: RouteContext): Promise<Success | MatrixAnswer> {
  const limit = parseLimit(params);
  const timeMs = optionalTime(params, 'time', context.now());
  const options = optionsFor(params, context);
  const startedMs = performance.now();
  const prepared = inParameter('query', () => prepare(params.get('query'), options.features));
  return answer(
    params,
    await inQuery(() => queryInstant(context.store, prepared, timeMs, options, context.signal)),
    limit,
    startedMs,
  );
}

export async function rangeQuery(params: Params, context: RouteContext): Promise<Success | MatrixAnswer> {
  const startMs = requiredTime(params, 'start');
  const endMs = requiredTime(params, 'end');
  if (endMs < startMs) throw invalidParameter('end', 'end timestamp must not be before start time');
  const stepMs = inParameter('step', () => parseDuration(params.get('step')));
  if (stepMs <= 0)
    throw invalidParameter(
      'step',
      'zero or negative query resolution step widths are not accepted. Try a positive integer',
    );
  if (Math.trunc((endMs - startMs) / stepMs) > MAX_STEPS) {
    throw new PromqlError(
      'bad_data',
      'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
    );
  }
  const limit = parseLimit(params);
  const options = optionsFor(params, context);
  const range = { startMs, endMs, stepMs: Math.max(1, Math.trunc(stepMs)) };
  const startedMs = performance.now();
  const prepared = inParameter('query', () => {
    const checked = prepare(params.get('query'), options.features);
    checkRangeQuery(checked.type);
    return checked;
  });
  return answer(
    params,
    await inQuery(() => queryRange(context.store, prepared, range, options, context.signal)),
    limit,
    startedMs,
  );
}

/** Durations of a query are evaluated late, but what is wrong with them is still wrong with the parameter. */
async function inQuery(run: () => Promise<QueryResult>): Promise<QueryResult> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof PromqlError && error.type === 'bad_data') throw invalidParameter('query', error.message);
    throw error;
  }
}

export function formatQuery(params: Params, context: RouteContext): Promise<Success> {
  return Promise.resolve(success(inParameter('query', () => prettyPrint(checked(params, context)))));
}

export function parseQuery(params: Params, context: RouteContext): Promise<Success> {
  return Promise.resolve(success(inParameter('query', () => astJson(checked(params, context)))));
}

function checked(params: Params, context: RouteContext): Expr {
  return prepare(params.get('query'), context.engine.features).expr;
}

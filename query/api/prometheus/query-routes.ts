// Evaluating queries: /query, /query_range, and the two that only look at a query's text: /format_query and /parse_query.
import type { Expr } from '#query/promql/ast.ts';
import { prepare, type EngineOptions } from '#query/promql/engine.ts';
import { MAX_STEPS } from '#query/promql/limits.ts';
import { prettyPrint } from '#query/promql/print.ts';
import { PromqlError } from '#query/promql/promql-error.ts';
import { quote } from '#query/promql/quote.ts';
import type { SeriesStore } from '#query/promql/storage.ts';
import type { AnswerPieces, Evaluator, Instants } from '#query/evaluation/question.ts';
import { astJson } from './ast-json.ts';
import type { RulesStatus } from './rules-status.ts';
import { success, type Success } from './envelope.ts';
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

/** What a route gets besides its parameters. */
export interface RouteContext {
  readonly store: SeriesStore;
  readonly evaluator: Evaluator;
  readonly engine: EngineOptions;
  readonly rules: RulesStatus;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** Path parameters. */
  readonly path: Readonly<Record<string, string>>;
}

/** Prometheus' words about values of `stats` that it will refuse one day. */
function statsWarnings(params: Params): readonly string[] {
  const value = params.get('stats');
  if (value === '' || value === 'true' || value === 'all') return [];
  return [
    `value ${quote(value)} for parameter "stats" is deprecated and will be rejected in the next major release, use "true" or "all"`,
  ];
}

function ask(params: Params, context: RouteContext, at: Instants, limit: number): Promise<AnswerPieces> {
  return context.evaluator.evaluate(
    {
      query: params.get('query'),
      at,
      timeoutMs: parseTimeout(params, context.engine.limits.timeoutMs),
      lookbackMs: parseLookback(params, context.engine.lookbackMs),
      limit,
      withStats: params.get('stats') !== '',
      warnings: statsWarnings(params),
    },
    context.signal,
  );
}

export async function instantQuery(params: Params, context: RouteContext): Promise<AnswerPieces> {
  const limit = parseLimit(params);
  const timeMs = optionalTime(params, 'time', context.now());
  return ask(params, context, { kind: 'instant', timeMs }, limit);
}

export async function rangeQuery(params: Params, context: RouteContext): Promise<AnswerPieces> {
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
  return ask(params, context, { kind: 'range', startMs, endMs, stepMs: Math.max(1, Math.trunc(stepMs)) }, limit);
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

// One question evaluated on a store, from the query's text to the text of the answer. It runs in whatever thread calls it.
import { annotated } from '#query/api/prometheus/envelope.ts';
import { inParameter, invalidParameter } from '#query/api/prometheus/params.ts';
import { resultToJson } from '#query/api/prometheus/result-json.ts';
import { matrixText } from '#query/api/prometheus/result-text.ts';
import { checkRangeQuery } from '#query/promql/check.ts';
import {
  prepare,
  queryInstant,
  queryRange,
  type EngineOptions,
  type PreparedQuery,
  type QueryResult,
} from '#query/promql/engine.ts';
import { PromqlError } from '#query/promql/promql-error.ts';
import type { SeriesStore } from '#query/promql/storage.ts';
import { withFresh } from './fresh-series.ts';
import type { Question } from './question.ts';
import { rawSamplesText } from './raw-samples.ts';

export interface EvaluationPlace {
  readonly store: SeriesStore;
  /** Limits and features; lookback and time limit are the question's. */
  readonly engine: EngineOptions;
  /** How long the question has waited already, ms. */
  readonly queuedMs: number;
}

/** Pieces of the answer's JSON text; joined they are one object. Throws PromqlError. */
export async function answerQuestion(
  question: Question,
  place: EvaluationPlace,
  signal: AbortSignal,
): Promise<Iterable<string>> {
  const timeoutMs = Math.max(0, question.timeoutMs - place.queuedMs);
  const options: EngineOptions = {
    ...place.engine,
    lookbackMs: question.lookbackMs,
    limits: { ...place.engine.limits, timeoutMs },
  };
  const { rule } = question;
  if (rule !== undefined) {
    const samples = prepare(question.query, options.features);
    const store = withFresh(place.store, rule.fresh);
    return [rawSamplesText((await evaluateAt(question, samples, store, options, signal)).data)];
  }
  const startedMs = options.nowMs();
  const prepared = inParameter('query', () => {
    const checked = prepare(question.query, options.features);
    if (question.at.kind === 'range') checkRangeQuery(checked.type);
    return checked;
  });
  const result = await evaluate(question, prepared, place.store, options, signal);
  const stats = question.withStats ? statsOf(result, options.nowMs() - startedMs, place.queuedMs) : {};
  return textOf(result, question, stats);
}

function evaluateAt(
  { at }: Question,
  prepared: PreparedQuery,
  store: SeriesStore,
  options: EngineOptions,
  signal: AbortSignal,
): Promise<QueryResult> {
  if (at.kind === 'instant') return queryInstant(store, prepared, at.timeMs, options, signal);
  return queryRange(store, prepared, at, options, signal);
}

async function evaluate(
  question: Question,
  prepared: PreparedQuery,
  store: SeriesStore,
  options: EngineOptions,
  signal: AbortSignal,
): Promise<QueryResult> {
  try {
    return await evaluateAt(question, prepared, store, options, signal);
  } catch (error) {
    // Durations of a query are evaluated late, but what is wrong with them is still wrong with the parameter.
    if (error instanceof PromqlError && error.type === 'bad_data') throw invalidParameter('query', error.message);
    throw error;
  }
}

function statsOf(result: QueryResult, elapsedMs: number, queuedMs: number): Readonly<Record<string, unknown>> {
  const elapsed = elapsedMs / 1000;
  const timings = {
    evalTotalTime: elapsed,
    resultSortTime: 0,
    queryPreparationTime: 0,
    innerEvalTime: elapsed,
    execQueueTime: queuedMs / 1000,
    execTotalTime: elapsed + queuedMs / 1000,
  };
  const samples = {
    totalQueryableSamples: result.samplesSeen,
    samplesRead: result.samplesRead,
    peakSamples: result.peakSamples,
  };
  return { stats: { timings, samples } };
}

/** A matrix is written series by series: millions of points never stand in memory twice. */
function textOf(
  result: QueryResult,
  { limit, warnings: given }: Question,
  extra: Readonly<Record<string, unknown>>,
): Iterable<string> {
  if (result.data.type === 'matrix') {
    const truncated = limit > 0 && result.data.series.length > limit;
    const { warnings, infos } = annotated(undefined, result.annotations, truncated, given);
    const envelope = { ...(warnings === undefined ? {} : { warnings }), ...(infos === undefined ? {} : { infos }) };
    return matrixText({ series: truncated ? result.data.series.slice(0, limit) : result.data.series, extra, envelope });
  }
  const { data, truncated } = resultToJson(result.data, limit);
  return [JSON.stringify(annotated({ ...data, ...extra }, result.annotations, truncated, given))];
}

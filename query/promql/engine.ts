// The engine: a query's text in, its answer out. Everything it needs from outside (store, clock, cancellation) is a parameter.
import { Annotations } from './annotations.ts';
import { unwrap, type Expr, type ValueType } from './ast.ts';
import { checkRangeQuery, checkTypes } from './check.ts';
import { Budget, makeGrid, timeAt, type EvalContext, type Grid, type QueryScope } from './eval/context.ts';
import { evaluate, evaluateRange } from './eval/evaluate.ts';
import { removeDroppedNames } from './eval/same-labels.ts';
import { seriesSamples } from './eval/sample-count.ts';
import { samplesAt } from './eval/selector.ts';
import { FLOAT, HISTOGRAM, type RangeSeries, type RangeValue, type VectorSeries } from './eval/value.ts';
import { STABLE_FEATURES, type LanguageFeatures } from './features.ts';
import { extendedSamples } from './functions/extended-rate.ts';
import type { FloatHistogram } from './histogram/float-histogram.ts';
import { LabelSet, sortByLabels } from './labels.ts';
import { DEFAULT_LIMITS, DEFAULT_LOOKBACK_MS, DEFAULT_SUBQUERY_STEP_MS, type QueryLimits } from './limits.ts';
import { parse } from './parse.ts';
import type { HistogramColumn, Samples, SeriesStore } from './storage.ts';

export interface EngineOptions {
  readonly lookbackMs: number;
  readonly subqueryStepMs: number;
  readonly limits: QueryLimits;
  /** Remove metric names at the very end, as `promql-delayed-name-removal` does. */
  readonly delayedNameRemoval: boolean;
  /** Look at start times of samples, as Prometheus does with storage of them switched on. */
  readonly useStartTimestamps: boolean;
  /** Types and units of metrics are labels, as with `type-and-unit-labels`. */
  readonly typeAndUnitLabels: boolean;
  readonly features: LanguageFeatures;
  /** A monotonic clock in milliseconds, for the time limit. */
  readonly nowMs: () => number;
}

export const DEFAULT_ENGINE_OPTIONS: EngineOptions = {
  lookbackMs: DEFAULT_LOOKBACK_MS,
  subqueryStepMs: DEFAULT_SUBQUERY_STEP_MS,
  limits: DEFAULT_LIMITS,
  delayedNameRemoval: false,
  useStartTimestamps: false,
  typeAndUnitLabels: false,
  features: STABLE_FEATURES,
  nowMs: () => performance.now(),
};

/** Points of one series, ascending in time. */
export interface ResultSeries {
  readonly labels: LabelSet;
  readonly timesMs: Float64Array;
  readonly values: Float64Array;
  /** At the places of points that are histograms; absent where all are floats. */
  readonly histograms?: HistogramColumn | undefined;
}

export type ResultData =
  | { readonly type: 'vector' | 'matrix'; readonly series: readonly ResultSeries[] }
  | { readonly type: 'scalar'; readonly timeMs: number; readonly value: number }
  | { readonly type: 'string'; readonly timeMs: number; readonly value: string };

export interface QueryResult {
  readonly data: ResultData;
  readonly annotations: Annotations;
  /** What selectors and windows of range functions have shown at all steps together, and how many samples that were. */
  readonly samplesSeen: number;
  readonly samplesRead: number;
  readonly peakSamples: number;
}

/** A parsed and type-checked query. */
export interface PreparedQuery {
  readonly query: string;
  readonly expr: Expr;
  readonly type: ValueType;
}

/** Parses and checks. Throws PromqlError `bad_data`. */
export function prepare(query: string, features: LanguageFeatures): PreparedQuery {
  const expr = parse(query, features);
  return { query, expr, type: checkTypes(query, expr) };
}

function makeContext(
  store: SeriesStore,
  query: string,
  grid: Grid,
  instant: boolean,
  options: EngineOptions,
  signal: AbortSignal,
): EvalContext {
  const scope: QueryScope = {
    store,
    instant,
    signal,
    query: grid,
    evaluate,
    evaluateRange,
    annotations: new Annotations(query),
    lookbackMs: options.lookbackMs,
    subqueryStepMs: options.subqueryStepMs,
    limits: options.limits,
    delayedNameRemoval: options.delayedNameRemoval,
    useStartTimestamps: options.useStartTimestamps,
    typeAndUnitLabels: options.typeAndUnitLabels,
    operands: [],
    durations: instant ? { stepMs: 0, rangeMs: 0 } : { stepMs: grid.stepMs, rangeMs: grid.endMs - grid.startMs },
    budget: new Budget(options.limits.maxSamples, options.limits.timeoutMs, options.nowMs, signal),
    selections: new Map(),
  };
  return { scope, grid };
}

function finish(context: EvalContext, data: ResultData): QueryResult {
  const { annotations, budget } = context.scope;
  budget.checkTime();
  return {
    data,
    annotations,
    samplesSeen: budget.samplesSeen,
    samplesRead: budget.samplesRead,
    peakSamples: budget.peakSamples,
  };
}

/** HOT: the steps that have a value. @param gridMs times of all steps */
function toResult(gridMs: Float64Array, one: VectorSeries): ResultSeries {
  const { labels, values: all, present, histograms: column } = one;
  let count = 0;
  for (let step = 0; step < present.length; step++) if (present[step] !== 0) count++;
  if (count === present.length) return { labels, timesMs: gridMs, values: all, histograms: column };
  const timesMs = new Float64Array(count);
  const values = new Float64Array(count);
  const histograms = column === undefined ? undefined : Array.from<FloatHistogram | undefined>({ length: count });
  let to = 0;
  for (let step = 0; step < present.length; step++) {
    if (present[step] === 0) continue;
    timesMs[to] = gridMs[step]!;
    values[to] = all[step]!;
    if (histograms !== undefined) histograms[to] = column![step];
    to++;
  }
  return { labels, timesMs, values, histograms };
}

function timesOf(grid: Grid): Float64Array {
  return Float64Array.from({ length: grid.steps }, (_, step) => timeAt(grid, step));
}

function resultSeries(context: EvalContext, series: readonly VectorSeries[]): ResultSeries[] {
  const named = context.scope.delayedNameRemoval ? removeDroppedNames(series) : series;
  const gridMs = timesOf(context.grid);
  return named.map((one) => toResult(gridMs, one)).filter((one) => one.timesMs.length > 0);
}

function presenceOf({ values, histograms }: Samples): Uint8Array {
  return Uint8Array.from(values, (_, at) => (histograms?.[at] === undefined ? FLOAT : HISTOGRAM));
}

/** The samples of a range vector as they are. */
function rawSamples({ scope }: EvalContext, one: RangeSeries, range: RangeValue): ResultSeries {
  const endMs = range.windowEndMs(0);
  const startMs = endMs - range.rangeMs;
  const [left, right] = range.beyondMs ?? [0, 0];
  const places: number[] = [];
  for (let at = 0; at < one.timesMs.length; at++)
    if (one.timesMs[at]! > startMs - left && one.timesMs[at]! <= endMs + right) places.push(at);
  const chosen = samplesAt(one, places);
  const samples = range.beyondMs === undefined ? chosen : extendedSamples(chosen, startMs, endMs, right > 0);
  const { timesMs, values, histograms } = samples;
  if (range.heldSamples === undefined) {
    const size = seriesSamples({ ...one, values, present: presenceOf(samples), histograms });
    scope.budget.look(size);
    scope.budget.hold(size);
  }
  return { labels: one.dropName ? one.labels.withoutMetadata() : one.labels, timesMs, values, histograms };
}

/** Evaluates at one instant. Throws PromqlError. */
export async function queryInstant(
  store: SeriesStore,
  prepared: PreparedQuery,
  timeMs: number,
  options: EngineOptions,
  signal: AbortSignal,
): Promise<QueryResult> {
  const context = makeContext(store, prepared.query, makeGrid(timeMs, timeMs, 1), true, options, signal);
  if (prepared.type === 'matrix') {
    const range = await evaluateRange(context, unwrap(prepared.expr));
    context.scope.budget.samplesSeen += range.samplesSeen ?? 0;
    const series = range.series.map((one) => rawSamples(context, one, range)).filter((one) => one.timesMs.length > 0);
    return finish(context, { type: 'matrix', series: sortByLabels(series) });
  }
  const value = await evaluate(context, prepared.expr);
  if (value.type === 'string') return finish(context, { type: 'string', timeMs, value: value.value });
  if (value.type === 'scalar') return finish(context, { type: 'scalar', timeMs, value: value.values[0] ?? NaN });
  return finish(context, { type: 'vector', series: resultSeries(context, value.series) });
}

/** Evaluates at every step from start to end, both included. Throws PromqlError. */
export async function queryRange(
  store: SeriesStore,
  prepared: PreparedQuery,
  range: { startMs: number; endMs: number; stepMs: number },
  options: EngineOptions,
  signal: AbortSignal,
): Promise<QueryResult> {
  checkRangeQuery(prepared.type);
  const grid = makeGrid(range.startMs, range.endMs, range.stepMs);
  const context = makeContext(store, prepared.query, { ...grid, endMs: range.endMs }, false, options, signal);
  const value = await evaluate(context, prepared.expr);
  if (value.type === 'string') return finish(context, { type: 'matrix', series: [] });
  const series =
    value.type === 'scalar'
      ? [
          toResult(timesOf(grid), {
            labels: LabelSet.empty,
            dropName: false,
            values: value.values,
            present: new Uint8Array(grid.steps).fill(1),
          }),
        ]
      : resultSeries(context, value.series);
  return finish(context, { type: 'matrix', series: sortByLabels(series) });
}

// What an evaluation needs to know at every node: the steps, the options of the query, its budget and its annotations.
import type { Annotations } from '../annotations.ts';
import type { Expr } from '../ast.ts';
import type { DurationScope } from '../duration.ts';
import { LEAST_SAMPLES_READ, type QueryLimits } from '../limits.ts';
import type { LabelSet } from '../labels.ts';
import { PromqlError } from '../promql-error.ts';
import type { Series, SeriesStore } from '../storage.ts';
import type { RangeValue, Value } from './value.ts';

/** The time grid of an evaluation; an instant query is one step. */
export interface Grid {
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
  readonly steps: number;
}

export function makeGrid(startMs: number, endMs: number, stepMs: number): Grid {
  return { startMs, endMs, stepMs, steps: endMs < startMs ? 0 : Math.floor((endMs - startMs) / stepMs) + 1 };
}

/** Everything that stays the same over one query. */
export interface QueryScope {
  readonly store: SeriesStore;
  readonly annotations: Annotations;
  readonly lookbackMs: number;
  readonly subqueryStepMs: number;
  readonly limits: QueryLimits;
  readonly delayedNameRemoval: boolean;
  /** Rates look at start times of samples, and start_timestamp() gives them. */
  readonly useStartTimestamps: boolean;
  /** Series say by `__type__` whether they are counters. */
  readonly typeAndUnitLabels: boolean;
  /** The range of the whole query: what `@ start()`, `@ end()`, step() and range() refer to. */
  readonly query: Grid;
  readonly durations: DurationScope;
  readonly instant: boolean;
  readonly budget: Budget;
  readonly signal: AbortSignal;
  /** Selections already made in this query, by matchers and range. */
  readonly selections: Map<string, Promise<readonly Series[]>>;
  /** The evaluator itself (evaluate.ts). */
  readonly evaluate: (context: EvalContext, expr: Expr) => Promise<Value>;
  readonly evaluateRange: (context: EvalContext, expr: Expr) => Promise<RangeValue>;
  /** Values that the expressions under evaluation have used so far, the innermost expression last. */
  readonly operands: Value[][];
}

export interface EvalContext {
  readonly scope: QueryScope;
  readonly grid: Grid;
  /**
   * What of histograms the expressions around this one look at. Under `histogram_count` and the like selectors give only count and sum, with
   * counter resets found beforehand; `buckets` stays so, whatever is below.
   */
  readonly needs?: 'totals' | 'buckets' | undefined;
}

export function timeAt(grid: Grid, step: number): number {
  return grid.startMs + step * grid.stepMs;
}

/** The labels of a function's result: without the name, now or (delayed) at the end. */
export function dropName(
  context: EvalContext,
  series: { labels: LabelSet; dropName: boolean },
): { labels: LabelSet; dropName: boolean } {
  if (context.scope.delayedNameRemoval) return { labels: series.labels, dropName: true };
  return { labels: series.labels.withoutMetadata(), dropName: false };
}

/** How often the clock is read: between two readings a query does at most this many cheap operations. */
const OPERATIONS_PER_CHECK = 65_536;

/** Series have a place for every step, even where they have no value; sparse ones may hold this many places per sample. */
const PLACES_PER_SAMPLE = 2;

/** Counts the samples a query holds and the time it takes. */
export class Budget {
  readonly #maxSamples: number;
  readonly #deadlineMs: number;
  readonly #nowMs: () => number;
  readonly #signal: AbortSignal;
  #operations = 0;
  #held = 0;
  #places = 0;
  peakSamples = 0;
  /** What selectors and windows of range functions have shown at all steps together: Prometheus' totalQueryableSamples. */
  samplesSeen = 0;
  /** Samples that were looked at for the first time: Prometheus' samplesRead. */
  samplesRead = 0;

  constructor(maxSamples: number, timeoutMs: number, nowMs: () => number, signal: AbortSignal) {
    this.#maxSamples = maxSamples;
    this.#nowMs = nowMs;
    this.#deadlineMs = nowMs() + timeoutMs;
    this.#signal = signal;
  }

  get remainingMs(): number {
    return Math.max(1, this.#deadlineMs - this.#nowMs());
  }

  /** Samples in memory now, as Prometheus counts them. Set it to the lower number when samples are released. */
  get held(): number {
    return this.#held;
  }

  set held(samples: number) {
    this.#held = samples;
  }

  /** Call it from loops with the work done since the last call. Throws PromqlError `timeout` or `canceled`. */
  spend(operations: number): void {
    this.#operations += operations;
    if (this.#operations < OPERATIONS_PER_CHECK) return;
    this.#operations = 0;
    this.checkTime();
  }

  checkTime(): void {
    if (this.#signal.aborted) throw new PromqlError('canceled', 'query was canceled in expression evaluation');
    if (this.#nowMs() > this.#deadlineMs) throw new PromqlError('timeout', 'query timed out in expression evaluation');
  }

  /** Counts samples that a selector has shown. */
  look(samples: number): void {
    this.samplesSeen += samples;
    this.samplesRead += samples;
  }

  /** Counts samples that stay. Throws PromqlError `execution` beyond the limit. */
  hold(samples: number): void {
    this.#held += samples;
    this.holdBriefly(0);
  }

  /** Counts samples that are there for a moment beside those that stay. Throws PromqlError `execution` beyond the limit. */
  holdBriefly(samples: number): void {
    const held = this.#held + samples;
    if (held > this.peakSamples) this.peakSamples = held;
    if (held > this.#maxSamples) this.#tooMany();
  }

  /** Counts places for values, filled or not, before they are allocated. Throws PromqlError `execution` beyond the limit. */
  reserve(places: number): void {
    this.#places += places;
    if (this.#places > Math.max(this.#maxSamples, LEAST_SAMPLES_READ) * PLACES_PER_SAMPLE) this.#tooMany();
  }

  #tooMany(): never {
    throw new PromqlError('execution', 'query processing would load too many samples into memory in query execution');
  }
}

// What an evaluation needs to know at every node: the steps, the options of the query, its budget and its annotations.
import type { Annotations } from '../annotations.ts';
import type { Expr } from '../ast.ts';
import type { DurationScope } from '../duration.ts';
import type { QueryLimits } from '../limits.ts';
import { METRIC_NAME, type LabelSet } from '../labels.ts';
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
}

export interface EvalContext {
  readonly scope: QueryScope;
  readonly grid: Grid;
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
  return { labels: series.labels.without(METRIC_NAME), dropName: false };
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
  samplesRead = 0;
  #held = 0;
  #places = 0;
  peakSamples = 0;

  constructor(maxSamples: number, timeoutMs: number, nowMs: () => number, signal: AbortSignal) {
    this.#maxSamples = maxSamples;
    this.#nowMs = nowMs;
    this.#deadlineMs = nowMs() + timeoutMs;
    this.#signal = signal;
  }

  get remainingMs(): number {
    return Math.max(1, this.#deadlineMs - this.#nowMs());
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

  read(samples: number): void {
    this.samplesRead += samples;
    this.hold(samples);
  }

  /** Counts samples kept in memory. Throws PromqlError `execution` beyond the limit. */
  hold(samples: number): void {
    this.#held += samples;
    this.peakSamples = Math.max(this.peakSamples, this.#held);
    if (this.#held > this.#maxSamples) this.#tooMany();
  }

  /** Counts places for values, filled or not, before they are allocated. Throws PromqlError `execution` beyond the limit. */
  reserve(places: number): void {
    this.#places += places;
    if (this.#places > this.#maxSamples * PLACES_PER_SAMPLE) this.#tooMany();
  }

  #tooMany(): never {
    throw new PromqlError('execution', 'query processing would load too many samples into memory in query execution');
  }
}

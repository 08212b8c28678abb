// Functions of range vectors: a kernel that is called with the window of each series at each step.
import { ignoredInRange } from '../annotation-texts.ts';
import { unwrap, type Call } from '../ast.ts';
import { dropName, timeAt, type EvalContext } from '../eval/context.ts';
import { Notes } from '../eval/notes.ts';
import { evaluateRange } from '../eval/operands.ts';
import { refuseSameLabels } from '../eval/same-labels.ts';
import { seriesSamples, sizesBefore } from '../eval/sample-count.ts';
import { StepMemory } from '../eval/step-memory.ts';
import { samplesAt } from '../eval/selector.ts';
import {
  FLOAT,
  put,
  type OpenSeries,
  type RangeSeries,
  type RangeValue,
  type VectorSeries,
  type VectorValue,
} from '../eval/value.ts';
import type { FloatHistogram } from '../histogram/float-histogram.ts';
import { METRIC_NAME, type LabelSet } from '../labels.ts';
import { PromqlError } from '../promql-error.ts';
import type { HistogramColumn, Samples } from '../storage.ts';
import { argument, scalarArguments, type FunctionImplementation } from './function.ts';
import { windowSizes, Windows } from './windows.ts';

/** The samples a range function sees at one step. The object is reused: read it, do not keep it. */
export interface Window {
  timesMs: Float64Array;
  values: Float64Array;
  histograms: HistogramColumn | undefined;
  /** When counting began; only where the engine looks at that. */
  startTimesMs: Float64Array | undefined;
  /** First sample of the window. */
  from: number;
  /** One past the last sample. */
  to: number;
  /** The window is (startMs, endMs]; samples of anchored and smoothed selectors may lie outside. */
  startMs: number;
  endMs: number;
  rangeMs: number;
  /** The time of the step itself, whatever offset or `@` say. */
  stepTimeMs: number;
}

/** A range function on a window of floats; undefined means no value at this step. `scalars` are the other arguments at this step. */
export type Kernel = (window: Window, scalars: readonly number[], notes: Notes) => number | undefined;

/** A range function on a window that has histograms. */
export type HistogramKernel = (window: Window, notes: Notes) => number | FloatHistogram | undefined;

/** A range function on an anchored or smoothed window, of whichever samples. */
export type ExtendedKernel = (window: Window, smoothed: boolean, notes: Notes) => number | FloatHistogram | undefined;

/** A range function over the windows of all steps of a series of floats; gives at how many steps it has a value. */
export type SeriesKernel = (series: Samples, into: VectorSeries) => number;

export interface RangeFunctionOptions {
  readonly matrixAt?: number;
  readonly keepsName?: boolean;
  /** Without it histograms are left out. */
  readonly histograms?: HistogramKernel;
  readonly extended?: { readonly anchored: ExtendedKernel; readonly smoothed?: ExtendedKernel };
  /** The same as the kernel, quicker: for series of floats whose start times are not looked at. */
  readonly wholeSeries?: (windows: Windows, rangeMs: number) => SeriesKernel;
  /** The kernel looks at start times. */
  readonly usesStartTimes?: boolean;
  /** Floats that a kernel needs at least; an info about histograms beside fewer of them comes only with the last of those. */
  readonly leastFloats?: number;
  /** Throws where the other arguments are wrong; also asked at windows without floats. */
  readonly checkArguments?: (scalars: readonly number[]) => void;
  /** Called for each series that gave floats. */
  readonly inspect?: ((context: EvalContext, labels: LabelSet, notes: Notes) => void) | undefined;
}

/** Where notes point: at the first argument. Sub-queries have no position of their own. */
function placeOf(call: Call): { readonly start: number } {
  const arg = unwrap(argument(call, 0));
  return arg.kind === 'subquery' ? { start: 0 } : arg;
}

function countHistograms({ histograms, from, to }: Window): number {
  if (histograms === undefined) return 0;
  let count = 0;
  for (let at = from; at < to; at++) if (histograms[at] !== undefined) count++;
  return count;
}

/** The kernel on the floats of a window alone. */
function onFloats(
  kernel: Kernel,
  { leastFloats = 1, checkArguments }: RangeFunctionOptions,
): (window: Window, scalars: readonly number[], notes: Notes) => number | undefined {
  return (window, scalars, notes) => {
    checkArguments?.(scalars);
    const places: number[] = [];
    for (let at = window.from; at < window.to; at++) if (window.histograms![at] === undefined) places.push(at);
    if (places.length === 0) return undefined;
    if (places.length >= leastFloats - 1) notes.info(ignoredInRange(notes.metric));
    const floats = samplesAt({ timesMs: window.timesMs, values: window.values }, places);
    return kernel({ ...window, ...floats, histograms: undefined, from: 0, to: places.length }, scalars, notes);
  };
}

const SAFE_WITH = { anchored: 'changes, delta, increase, rate, resets', smoothed: 'delta, increase, rate' };

function extendedKernel(call: Call, at: number, options: RangeFunctionOptions): ExtendedKernel | undefined {
  const arg = unwrap(argument(call, at));
  const extended = arg.kind === 'matrix' ? arg.selector.extended : undefined;
  if (extended === undefined) return undefined;
  const kernel = options.extended?.[extended];
  if (kernel === undefined)
    throw new PromqlError(
      'execution',
      `${extended} modifier can only be used with: ${SAFE_WITH[extended]} - not with ${call.func}`,
    );
  return kernel;
}

/** One range function over one range vector. */
class RangeFunctionRun {
  readonly #context: EvalContext;
  readonly #range: RangeValue;
  readonly #scalars: readonly Float64Array[];
  readonly #kernel: Kernel;
  readonly #onHistograms: (
    window: Window,
    scalars: readonly number[],
    notes: Notes,
  ) => number | FloatHistogram | undefined;
  readonly #extended: ExtendedKernel | undefined;
  readonly #wholeSeries: SeriesKernel | undefined;
  readonly #notes: Notes;
  readonly #usesStartTimes: boolean;
  readonly #memory: StepMemory;
  readonly #windows: Windows;
  readonly #window: Window;
  readonly #stepScalars: number[];

  constructor(
    context: EvalContext,
    call: Call,
    range: RangeValue,
    scalars: readonly Float64Array[],
    kernel: Kernel,
    options: RangeFunctionOptions,
  ) {
    this.#context = context;
    this.#range = range;
    this.#scalars = scalars;
    this.#stepScalars = scalars.map(() => 0);
    this.#kernel = kernel;
    const matrixAt = options.matrixAt ?? 0;
    this.#extended = extendedKernel(call, matrixAt, options);
    this.#notes = new Notes(context.scope.annotations, placeOf(call));
    const { histograms } = options;
    this.#onHistograms =
      histograms === undefined ? onFloats(kernel, options) : (window, _, notes) => histograms(window, notes);
    this.#usesStartTimes = options.usesStartTimes === true && context.scope.useStartTimestamps;
    this.#memory = new StepMemory(context.grid.steps, range.series.length);
    this.#windows = new Windows(context.grid, range);
    this.#wholeSeries = options.wholeSeries?.(this.#windows, range.rangeMs);
    this.#window = {
      timesMs: new Float64Array(),
      values: new Float64Array(),
      histograms: undefined,
      startTimesMs: undefined,
      from: 0,
      to: 0,
      startMs: 0,
      endMs: 0,
      rangeMs: range.rangeMs,
      stepTimeMs: 0,
    };
  }

  get notes(): Notes {
    return this.#notes;
  }

  /** The values of one series. */
  series(one: RangeSeries): VectorSeries | undefined {
    const { grid, scope } = this.#context;
    const { budget } = scope;
    budget.reserve(grid.steps);
    const into = this.#memory.series(one.labels);
    this.#notes.metric = one.labels.get(METRIC_NAME);
    const windows = this.#windows;
    windows.moveTo(one.timesMs);
    const looked = one.histograms === undefined ? windows : windowSizes(windows, sizesBefore(one.histograms));
    budget.samplesSeen += looked.total;
    // What a sub-query has looked at is counted already.
    if (this.#range.heldSamples === undefined) budget.samplesRead += looked.different;
    const startTimesMs = this.#usesStartTimes ? one.startTimesMs : undefined;
    const ofFloats = this.#extended === undefined && one.histograms === undefined;
    let steps: number;
    if (this.#wholeSeries !== undefined && ofFloats && startTimesMs === undefined) {
      steps = this.#wholeSeries(one, into);
      budget.spend(one.timesMs.length);
    } else {
      const window = this.#window;
      window.timesMs = one.timesMs;
      window.values = one.values;
      window.histograms = one.histograms;
      window.startTimesMs = startTimesMs;
      steps = this.#eachWindow(into, ofFloats ? this.#kernel : undefined);
    }
    budget.spend(grid.steps);
    budget.holdBriefly(looked.largest);
    if (steps === 0) {
      this.#memory.takeBack();
      return undefined;
    }
    budget.hold(one.histograms === undefined ? steps : seriesSamples(into));
    budget.holdBriefly(looked.last);
    return into;
  }

  /** HOT: window by window; gives at how many there is a value. @param plain where it can be called at once */
  #eachWindow(into: OpenSeries, plain: Kernel | undefined): number {
    const { grid, scope } = this.#context;
    const { values, present } = into;
    const { from, to, startMs, endMs } = this.#windows;
    const window = this.#window;
    const stepScalars = this.#stepScalars;
    let steps = 0;
    for (let step = 0; step < grid.steps; step++) {
      if (from[step] === to[step]) continue;
      window.from = from[step]!;
      window.to = to[step]!;
      window.startMs = startMs[step]!;
      window.endMs = endMs[step]!;
      window.stepTimeMs = timeAt(grid, step);
      for (let at = 0; at < stepScalars.length; at++) stepScalars[at] = this.#scalars[at]![step]!;
      const value = plain === undefined ? this.#valueOf(stepScalars) : plain(window, stepScalars, this.#notes);
      scope.budget.spend(window.to - window.from);
      if (value === undefined) continue;
      steps++;
      if (typeof value === 'number') {
        values[step] = value;
        present[step] = FLOAT;
      } else put(into, step, value);
    }
    return steps;
  }

  #valueOf(scalars: readonly number[]): number | FloatHistogram | undefined {
    const window = this.#window;
    const notes = this.#notes;
    if (this.#extended !== undefined) return this.#extended(window, this.#range.beyondMs?.[1] !== 0, notes);
    if (countHistograms(window) === 0) return this.#kernel(window, scalars, notes);
    return this.#onHistograms(window, scalars, notes);
  }
}

/** Builds the implementation of a range function from its kernel. */
export function rangeFunction(kernel: Kernel, options: RangeFunctionOptions = {}): FunctionImplementation {
  const matrixAt = options.matrixAt ?? 0;
  return async (context, call): Promise<VectorValue> => {
    const { scope } = context;
    const range = await evaluateRange(context, argument(call, matrixAt));
    const positions = call.args.map((_, at) => at).filter((at) => at !== matrixAt);
    const scalars = await scalarArguments(context, call, positions);
    const run = new RangeFunctionRun(context, call, range, scalars, kernel, options);
    const results: VectorSeries[] = [];
    for (const one of range.series) {
      const result = run.series(one);
      if (result === undefined) continue;
      if (result.present.includes(FLOAT)) options.inspect?.(context, one.labels, run.notes);
      const named = options.keepsName === true && !one.dropName ? one : dropName(context, one);
      results.push({ ...result, labels: named.labels, dropName: named.dropName });
    }
    scope.budget.held -= range.heldSamples ?? 0;
    return { type: 'vector', series: scope.delayedNameRemoval ? results : refuseSameLabels(results) };
  };
}

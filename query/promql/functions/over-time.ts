// The *_over_time functions: what a window of samples amounts to.
import {
  collidingResets,
  mixedBucketSchemas,
  mixedFloatsAndHistograms,
  reconciledBounds,
} from '../annotation-texts.ts';
import type { Notes } from '../eval/notes.ts';
import { quantileOf } from '../eval/quantile.ts';
import { formatGo } from '../format-number.ts';
import type { FloatHistogram } from '../histogram/float-histogram.ts';
import { HistogramMean, HistogramSum } from '../histogram/histogram-sum.ts';
import { KahanMean, KahanSum } from '../kahan.ts';
import type { PromqlFunction } from './function.ts';
import { rangeFunction, type Kernel, type Window } from './range-function.ts';
import { experimental, takes } from './signature.ts';

function samples(window: Window): Float64Array {
  return window.values.slice(window.from, window.to);
}

function sum({ values, from, to }: Window): number {
  const total = new KahanSum();
  for (let at = from; at < to; at++) total.add(values[at]!);
  return Math.abs(total.sum) === Infinity ? total.sum : total.value;
}

function average({ values, from, to }: Window): number {
  const mean = new KahanMean();
  for (let at = from; at < to; at++) mean.add(values[at]!);
  return mean.value;
}

interface Total {
  add(histogram: FloatHistogram): boolean;
  readonly boundsReconciled: boolean;
}

/** Adds up a window of histograms. undefined, with a warning, when its samples do not go together. */
function fold<T extends Total>(window: Window, notes: Notes, start: (first: FloatHistogram) => T): T | undefined {
  const { histograms, from, to } = window;
  let total: T | undefined;
  let reset = false;
  let notReset = false;
  for (let at = from; at < to; at++)
    if (histograms?.[at] === undefined) {
      notes.warn(mixedFloatsAndHistograms(notes.metric));
      return undefined;
    }
  for (let at = from; at < to; at++) {
    const histogram = histograms![at]!;
    reset ||= histogram.hint === 'reset';
    notReset ||= histogram.hint === 'not_reset';
    if (total === undefined) total = start(histogram);
    else if (!total.add(histogram)) {
      notes.warn(mixedBucketSchemas(notes.metric));
      return undefined;
    }
  }
  if (reset && notReset) notes.warn(collidingResets('aggregation'));
  if (total?.boundsReconciled === true) notes.info(reconciledBounds('aggregation'));
  return total;
}

/** NaN only when every sample is NaN. */
function extreme(better: (value: number, best: number) => boolean): Kernel {
  return ({ values, from, to }) => {
    let best = values[from]!;
    for (let at = from + 1; at < to; at++) if (better(values[at]!, best) || Number.isNaN(best)) best = values[at]!;
    return best;
  };
}

/** Welford's variance with compensated mean and sum. */
function variance({ values, from, to }: Window): number {
  const mean = new KahanSum();
  const squares = new KahanSum();
  for (let at = from; at < to; at++) {
    const value = values[at]!;
    const delta = value - mean.value;
    mean.add(delta / (at - from + 1));
    squares.add(delta * (value - mean.value));
  }
  return squares.value / (to - from);
}

function medianDeviation(window: Window): number {
  const values = samples(window);
  if (values.some((value) => Number.isNaN(value))) return NaN;
  const median = quantileOf(0.5, values);
  return quantileOf(
    0.5,
    values.map((value) => Math.abs(value - median)),
  );
}

/** The time, in seconds, of the last sample that is at least as good as all others. */
function timeOfExtreme(better: (value: number, best: number) => boolean): Kernel {
  return ({ timesMs, values, from, to }) => {
    let bestAt = from;
    for (let at = from + 1; at < to; at++)
      if (better(values[at]!, values[bestAt]!) || Number.isNaN(values[bestAt]!)) bestAt = at;
    return timesMs[bestAt]! / 1000;
  };
}

function warnOf(q: number, notes: Notes): void {
  if (!(q >= 0 && q <= 1)) notes.warn(`quantile value should be between 0 and 1, got ${formatGo(q)}`);
}

const sampleCount = (window: Window): number => window.to - window.from;
const firstTime = (window: Window): number => window.timesMs[window.from]! / 1000;
const lastTime = (window: Window): number => window.timesMs[window.to - 1]! / 1000;

export const overTimeFunctions: readonly PromqlFunction[] = [
  [
    'sum_over_time',
    takes('matrix'),
    rangeFunction(sum, {
      histograms: (window, notes) => fold(window, notes, (first) => new HistogramSum(first))?.value,
    }),
  ],
  [
    'avg_over_time',
    takes('matrix'),
    rangeFunction(average, {
      histograms: (window, notes) => fold(window, notes, (first) => new HistogramMean(first))?.value,
    }),
  ],
  ['min_over_time', takes('matrix'), rangeFunction(extreme((value, best) => value < best))],
  ['max_over_time', takes('matrix'), rangeFunction(extreme((value, best) => value > best))],
  ['count_over_time', takes('matrix'), rangeFunction(sampleCount, { histograms: sampleCount })],
  ['present_over_time', takes('matrix'), rangeFunction(() => 1, { histograms: () => 1 })],
  [
    'last_over_time',
    takes('matrix'),
    rangeFunction((window) => window.values[window.to - 1]!, {
      keepsName: true,
      histograms: (window) => window.histograms?.[window.to - 1] ?? window.values[window.to - 1]!,
    }),
  ],
  [
    'first_over_time',
    takes('matrix'),
    rangeFunction((window) => window.values[window.from]!, {
      keepsName: true,
      histograms: (window) => window.histograms?.[window.from] ?? window.values[window.from]!,
    }),
  ],
  ['stdvar_over_time', takes('matrix'), rangeFunction(variance)],
  ['stddev_over_time', takes('matrix'), rangeFunction((window) => Math.sqrt(variance(window)))],
  [
    'quantile_over_time',
    takes('scalar', 'matrix'),
    rangeFunction(
      (window, [q], notes) => {
        warnOf(q!, notes);
        return quantileOf(q!, samples(window));
      },
      { matrixAt: 1 },
    ),
  ],
  ['mad_over_time', experimental(takes('matrix')), rangeFunction(medianDeviation)],
  ['ts_of_min_over_time', experimental(takes('matrix')), rangeFunction(timeOfExtreme((value, best) => value <= best))],
  ['ts_of_max_over_time', experimental(takes('matrix')), rangeFunction(timeOfExtreme((value, best) => value >= best))],
  ['ts_of_first_over_time', experimental(takes('matrix')), rangeFunction(firstTime, { histograms: firstTime })],
  ['ts_of_last_over_time', experimental(takes('matrix')), rangeFunction(lastTime, { histograms: lastTime })],
];

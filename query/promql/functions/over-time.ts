// The *_over_time functions: what a window of samples amounts to.
import { warnQuantiles } from '../eval/aggregate.ts';
import { KahanMean, KahanSum } from '../kahan.ts';
import { quantileOf } from '../eval/quantile.ts';
import { rangeFunction, type PromqlFunction, type Kernel, type Window } from './function.ts';
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

export const overTimeFunctions: readonly PromqlFunction[] = [
  ['sum_over_time', takes('matrix'), rangeFunction(sum)],
  ['avg_over_time', takes('matrix'), rangeFunction(average)],
  ['min_over_time', takes('matrix'), rangeFunction(extreme((value, best) => value < best))],
  ['max_over_time', takes('matrix'), rangeFunction(extreme((value, best) => value > best))],
  ['count_over_time', takes('matrix'), rangeFunction((window) => window.to - window.from)],
  ['present_over_time', takes('matrix'), rangeFunction(() => 1)],
  ['last_over_time', takes('matrix'), rangeFunction((window) => window.values[window.to - 1]!, { keepsName: true })],
  ['first_over_time', takes('matrix'), rangeFunction((window) => window.values[window.from]!, { keepsName: true })],
  ['stdvar_over_time', takes('matrix'), rangeFunction(variance)],
  ['stddev_over_time', takes('matrix'), rangeFunction((window) => Math.sqrt(variance(window)))],
  [
    'quantile_over_time',
    takes('scalar', 'matrix'),
    rangeFunction((window, [q]) => quantileOf(q!, samples(window)), {
      matrixAt: 1,
      inspect: (context, call, _names, [parameters]) => {
        if (parameters !== undefined) warnQuantiles(context, call.args[0] ?? call, parameters);
      },
    }),
  ],
  ['mad_over_time', experimental(takes('matrix')), rangeFunction(medianDeviation)],
  ['ts_of_min_over_time', experimental(takes('matrix')), rangeFunction(timeOfExtreme((value, best) => value <= best))],
  ['ts_of_max_over_time', experimental(takes('matrix')), rangeFunction(timeOfExtreme((value, best) => value >= best))],
  [
    'ts_of_first_over_time',
    experimental(takes('matrix')),
    rangeFunction((window) => window.timesMs[window.from]! / 1000),
  ],
  [
    'ts_of_last_over_time',
    experimental(takes('matrix')),
    rangeFunction((window) => window.timesMs[window.to - 1]! / 1000),
  ],
];

// Functions of range vectors in the plain evaluator: each is called with the samples of one window.
import {
  collidingResets,
  ignoredInRange,
  mixedBucketSchemas,
  mixedFloatsAndHistograms,
  reconciledBounds,
} from '#query/promql/annotation-texts.ts';
import type { Expr } from '#query/promql/ast.ts';
import { Notes } from '#query/promql/eval/notes.ts';
import { formatGo } from '#query/promql/format-number.ts';
import { equalHistograms } from '#query/promql/histogram/float-histogram.ts';
import { HistogramMean, HistogramSum } from '#query/promql/histogram/histogram-sum.ts';
import { METRIC_NAME, type LabelSet } from '#query/promql/labels.ts';
import { labelsOfAbsent } from './plain-labels.ts';
import { plainMean, plainSumOverTime, plainVarianceOverTime, quantileOf, regression } from './plain-numbers.ts';
import { floatsOf, histogramsOf, type Around, type TimedFloat } from './plain-samples.ts';
import { extendedRate, fromAnchor, lastTwo, plainRate, wasReset } from './plain-rates.ts';
import type { Timed } from './plain-selector.ts';
import {
  failure,
  hasSameLabels,
  isHistogram,
  renamed,
  SAME_LABELSET,
  type Place,
  type PlainValue,
  type Point,
  type Row,
} from './plain-value.ts';
import { windowsOf, type Window } from './plain-windows.ts';

type Evaluate = (place: Place, expr: Expr) => PlainValue;

const SAFE = { anchored: ['changes', 'delta', 'increase', 'rate', 'resets'], smoothed: ['delta', 'increase', 'rate'] };

export function overWindows(place: Place, func: string, args: readonly Expr[], evaluate: Evaluate): Row[] {
  const { world, steps } = place;
  const at = args.findIndex((arg) => arg.kind === 'matrix' || arg.kind === 'subquery');
  const where = args[at]!;
  // A sub-query is evaluated before the other arguments, a selector after them.
  const early = where.kind === 'subquery' ? windowsOf(place, where, evaluate) : undefined;
  const others = args
    .filter((_, index) => index !== at)
    .map((arg) => {
      const value = evaluate(place, arg);
      if (value.type !== 'scalar') throw failure('expected a scalar');
      return value.numbers;
    });
  const windowed = early ?? windowsOf(place, where, evaluate);
  const { extended, rangeMs } = windowed;
  if (extended !== undefined && !SAFE[extended].includes(func))
    throw failure(`${extended} modifier can only be used with: ${SAFE[extended].join(', ')} - not with ${func}`);
  // Sub-queries have no position.
  const notes = new Notes(world.annotations, args[0]!.kind === 'subquery' ? { start: 0 } : args[0]!);
  const rows: Row[] = [];
  for (const one of windowed.series) {
    notes.metric = one.labels.get(METRIC_NAME);
    const points = one.windows.map((window, step) => {
      if (window.samples.length === 0) return undefined;
      const hasStartTimes = world.useStartTimestamps && ['rate', 'irate', 'increase', 'resets'].includes(func);
      const numbers = others.map((each) => each[step]!);
      return ofWindow(func, window, { place, notes, rangeMs, extended, numbers, where: args[0]!, hasStartTimes });
    });
    if (points.every((point) => point === undefined)) continue;
    if (func === 'rate' || func === 'increase') noteNoCounter(place, one.labels, points, notes);
    const dropName = one.dropName || (func !== 'last_over_time' && func !== 'first_over_time');
    rows.push({ labels: dropName ? renamed(world, one.labels) : one.labels, dropName, points });
  }
  if (func === 'absent_over_time') {
    const points = steps.timesMs.map((_, step) => (rows.some((row) => row.points[step] !== undefined) ? undefined : 1));
    return points.every((point) => point === undefined)
      ? []
      : [{ labels: labelsOfAbsent(where), dropName: true, points }];
  }
  if (!world.delayedNameRemoval && hasSameLabels(rows)) throw failure(SAME_LABELSET);
  return rows;
}

function noteNoCounter({ world }: Place, labels: LabelSet, points: readonly (Point | undefined)[], notes: Notes): void {
  if (notes.metric === '' || !points.some((point) => typeof point === 'number')) return;
  const metric = JSON.stringify(notes.metric);
  if (world.typeAndUnitLabels) {
    const type = labels.get('__type__');
    if (type !== 'counter' && type !== 'histogram')
      notes.info(
        `metric might not be a counter, __type__ label is not set to "counter" or "histogram", got ${JSON.stringify(type)}: ${metric}`,
      );
  } else if (!['_total', '_sum', '_count', '_bucket'].some((end) => notes.metric.endsWith(end)))
    notes.info(`metric might not be a counter, name does not end in _total/_sum/_count/_bucket: ${metric}`);
}

function ofWindow(func: string, window: Window, around: Around): Point | undefined {
  const { samples } = window;
  switch (func) {
    case 'rate':
    case 'increase':
    case 'delta':
      return around.extended === undefined ? plainRate(func, window, around) : extendedRate(func, window, around);
    case 'irate':
    case 'idelta':
      return lastTwo(func, window, around);
    case 'resets':
    case 'changes':
      return jumps(func, window, around);
    case 'count_over_time':
      return samples.length;
    case 'present_over_time':
    case 'absent_over_time':
      return 1;
    case 'first_over_time':
      return samples[0]!.point;
    case 'last_over_time':
      return samples.at(-1)!.point;
    case 'ts_of_first_over_time':
      return samples[0]!.timeMs / 1000;
    case 'ts_of_last_over_time':
      return samples.at(-1)!.timeMs / 1000;
    case 'sum_over_time':
    case 'avg_over_time':
      return totalOverTime(func, samples, around);
    case 'deriv':
    case 'predict_linear':
    case 'double_exponential_smoothing':
      return trend(func, window, around);
    default:
      return ofFloats(func, samples, around);
  }
}

/** Functions that look at floats alone, and say so. */
function ofFloats(
  func: string,
  samples: readonly Timed[],
  { notes, numbers, place, where }: Around,
): number | undefined {
  const floats = floatsOf(samples);
  if (floats.length === 0) return undefined;
  if (floats.length < samples.length) notes.info(ignoredInRange(notes.metric));
  const values = floats.map(({ point }) => point);
  const extreme = (better: (value: number, best: number) => boolean): TimedFloat => {
    let best = floats[0]!;
    for (const one of floats) if (better(one.point, best.point) || Number.isNaN(best.point)) best = one;
    return best;
  };
  switch (func) {
    case 'max_over_time':
      return extreme((value, best) => value > best).point;
    case 'min_over_time':
      return extreme((value, best) => value < best).point;
    case 'ts_of_max_over_time':
      return extreme((value, best) => value >= best).timeMs / 1000;
    case 'ts_of_min_over_time':
      return extreme((value, best) => value <= best).timeMs / 1000;
    case 'stdvar_over_time':
      return plainVarianceOverTime(values);
    case 'stddev_over_time':
      return Math.sqrt(plainVarianceOverTime(values));
    case 'mad_over_time': {
      if (values.some((value) => Number.isNaN(value))) return NaN;
      const median = quantileOf(0.5, values);
      return quantileOf(
        0.5,
        values.map((value) => Math.abs(value - median)),
      );
    }
    case 'quantile_over_time': {
      const q = numbers[0]!;
      if (!(q >= 0 && q <= 1))
        place.world.annotations.warn(where, `quantile value should be between 0 and 1, got ${formatGo(q)}`);
      return quantileOf(q, values);
    }
    default:
      throw new Error(`the plain evaluator does not know ${func}()`);
  }
}

function totalOverTime(func: string, samples: readonly Timed[], { notes }: Around): Point | undefined {
  const floats = floatsOf(samples);
  const histograms = histogramsOf(samples).map(({ point }) => point);
  if (floats.length > 0 && histograms.length > 0) {
    notes.warn(mixedFloatsAndHistograms(notes.metric));
    return undefined;
  }
  const [first, ...rest] = histograms;
  if (first === undefined) {
    const values = floats.map(({ point }) => point);
    return func === 'sum_over_time' ? plainSumOverTime(values) : plainMean(values);
  }
  const total = func === 'sum_over_time' ? new HistogramSum(first) : new HistogramMean(first);
  for (const histogram of rest)
    if (!total.add(histogram)) {
      notes.warn(mixedBucketSchemas(notes.metric));
      return undefined;
    }
  const hints = new Set(histograms.map(({ hint }) => hint));
  if (hints.has('reset') && hints.has('not_reset')) notes.warn(collidingResets('aggregation'));
  if (total.boundsReconciled) notes.info(reconciledBounds('aggregation'));
  return total.value;
}

function trend(func: string, { samples, stepMs }: Window, { notes, numbers }: Around): number | undefined {
  if (func === 'double_exponential_smoothing') {
    const [level, slope] = numbers;
    if (level! <= 0 || level! >= 1)
      throw failure(`invalid smoothing factor. Expected: 0 < sf < 1, got: ${level!.toFixed(6)}`);
    if (slope! <= 0 || slope! >= 1)
      throw failure(`invalid trend factor. Expected: 0 < tf < 1, got: ${slope!.toFixed(6)}`);
  }
  const floats = floatsOf(samples);
  if (floats.length > 0 && floats.length < samples.length) notes.info(ignoredInRange(notes.metric));
  if (floats.length < 2) return undefined;
  const points = floats.map(({ timeMs, point }) => [timeMs, point] as const);
  if (func === 'deriv') return regression(points, points[0]![0])[0];
  if (func === 'predict_linear') {
    const [slope, intercept] = regression(points, stepMs);
    return slope * numbers[0]! + intercept;
  }
  const [level, share] = numbers;
  let before = 0;
  let smooth = points[0]![1];
  let rise = points[1]![1] - points[0]![1];
  for (let at = 1; at < points.length; at++) {
    if (at > 1) rise = share! * (smooth - before) + (1 - share!) * rise;
    [before, smooth] = [smooth, level! * points[at]![1] + (1 - level!) * (smooth + rise)];
  }
  return smooth;
}

/** How often a value differs from the one before, or falls below it. */
function jumps(func: string, window: Window, around: Around): number | undefined {
  const samples = around.extended === 'anchored' ? fromAnchor(window) : window.samples;
  if (samples === undefined) return undefined;
  let count = 0;
  for (let at = 1; at < samples.length; at++) {
    const before = samples[at - 1]!;
    const now = samples[at]!;
    if (func === 'resets') {
      if (isHistogram(before.point) !== isHistogram(now.point) || wasReset(before, now, around)) count++;
    } else if (isHistogram(before.point) || isHistogram(now.point)) {
      if (!isHistogram(before.point) || !isHistogram(now.point) || !equalHistograms(before.point, now.point)) count++;
    } else if (before.point !== now.point && !(Number.isNaN(before.point) && Number.isNaN(now.point))) count++;
  }
  return count;
}

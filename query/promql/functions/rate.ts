// Functions of change: rate, increase, delta with extrapolation to the window's edges; irate, idelta, resets, changes.
import { multiply } from '../histogram/arithmetic.ts';
import type { FloatHistogram } from '../histogram/float-histogram.ts';
import { METRIC_NAME } from '../labels.ts';
import { extendedRate } from './extended-rate.ts';
import type { PromqlFunction } from './function.ts';
import { histogramIncrease, histogramInstantChange } from './histogram-rate.ts';
import {
  rangeFunction,
  type ExtendedKernel,
  type HistogramKernel,
  type Kernel,
  type RangeFunctionOptions,
  type Window,
} from './range-function.ts';
import { changes, countsFrom, resets } from './resets.ts';
import { extrapolatedOver, seriesRate, type Kind } from './series-rate.ts';
import { takes } from './signature.ts';
import { isStartTimeReset, overlaps } from './start-times.ts';

/**
 * HOT: by how much a change is to be multiplied so that it is that of the whole window.
 * @param first total of the first sample @param growth of that total @param beganMs where counting began inside the window: there is nothing before
 */
function extrapolation(
  window: Window,
  first: number,
  growth: number,
  counter: boolean,
  beganMs: number | undefined,
): number {
  const { timesMs, from, to } = window;
  const firstMs = timesMs[from]!;
  const lastMs = timesMs[to - 1]!;
  let toStart = (firstMs - window.startMs) / 1000;
  let toEnd = (window.endMs - lastMs) / 1000;
  let sampled = (lastMs - firstMs) / 1000;
  const average = to - from > 1 ? sampled / (to - from - 1) : 0;
  if (beganMs !== undefined) {
    toStart = 0;
    sampled = (lastMs - beganMs) / 1000;
  } else {
    toStart = extrapolatedOver(toStart, average);
    if (counter && growth > 0 && first >= 0) {
      const toZero = sampled * (first / growth);
      if (toZero < toStart) toStart = toZero;
    }
  }
  toEnd = extrapolatedOver(toEnd, average);
  return sampled === 0 ? 1 : (sampled + toStart + toEnd) / sampled;
}

/** The start time of the first sample, where it lies inside the window before it. */
function beginningIn({ startTimesMs, timesMs, from, startMs }: Window): number | undefined {
  const beganMs = startTimesMs?.[from] ?? 0;
  return beganMs !== 0 && beganMs > startMs && beganMs < timesMs[from]! ? beganMs : undefined;
}

/** HOT: last − first, plus what was lost at every counter reset, scaled to the whole window. */
function extrapolated({ counter, perSecond }: Kind): Kernel {
  return (window, _, notes) => {
    const { values, from, to, startTimesMs } = window;
    const beganMs = counter ? beginningIn(window) : undefined;
    if (to - from < 2 && beganMs === undefined) return undefined;
    const first = values[from]!;
    let result = values[to - 1]! - first;
    if (counter) {
      for (let at = from + 1; at < to; at++)
        if (values[at]! < values[at - 1]! || (startTimesMs !== undefined && isStartTimeReset(window, at)))
          result += values[at - 1]!;
      if (startTimesMs !== undefined && overlaps(window)) notes.startTimeOverlap();
      if (beganMs !== undefined) result += first;
    }
    const factor = extrapolation(window, first, result, counter, beganMs);
    return result * (perSecond ? factor / (window.rangeMs / 1000) : factor);
  };
}

function extrapolatedHistogram({ counter, perSecond }: Kind): HistogramKernel {
  return (window, notes) => {
    const { histograms, from, to } = window;
    const first = histograms?.[from];
    let increase: FloatHistogram | undefined;
    if (to - from > 1) {
      increase = histogramIncrease(window, counter, notes);
      if (increase === undefined) return undefined;
    }
    const beganMs = counter ? beginningIn(window) : undefined;
    if (first === undefined || (increase === undefined && beganMs === undefined)) return undefined;
    const growth = increase?.count ?? 0;
    if (beganMs !== undefined) increase = increase === undefined ? first : notes.add(increase, first);
    if (increase === undefined) return undefined;
    const factor = extrapolation(window, first.count, growth, counter, beganMs);
    return multiply(increase, perSecond ? factor / (window.rangeMs / 1000) : factor);
  };
}

/** HOT */
function instantChange(rate: boolean): Kernel {
  return (window) => {
    const { timesMs, values, to } = window;
    if (to - window.from < 2) return undefined;
    const last = values[to - 1]!;
    const before = values[to - 2]!;
    const reset = rate && (last < before || (window.startTimesMs !== undefined && isStartTimeReset(window, to - 1)));
    const change = reset ? last : last - before;
    if (!rate) return change;
    const elapsed = (timesMs[to - 1]! - timesMs[to - 2]!) / 1000;
    return elapsed === 0 ? undefined : change / elapsed;
  };
}

const COUNTER_NAME = /_(?:total|sum|count|bucket)$/;
const COUNTING_TYPES: readonly string[] = ['counter', 'histogram'];

/** Notes that something whose rate is asked for does not look like a counter. */
const hintAtCounters: RangeFunctionOptions['inspect'] = ({ scope }, labels, notes) => {
  const metric = labels.get(METRIC_NAME);
  if (metric === '') return;
  if (scope.typeAndUnitLabels) {
    const type = labels.get('__type__');
    if (!COUNTING_TYPES.includes(type))
      notes.info(
        `metric might not be a counter, __type__ label is not set to "counter" or "histogram", got ${JSON.stringify(type)}: ${JSON.stringify(metric)}`,
      );
  } else if (!COUNTER_NAME.test(metric))
    notes.info(
      `metric might not be a counter, name does not end in _total/_sum/_count/_bucket: ${JSON.stringify(metric)}`,
    );
};

function rateOptions(kind: Kind): RangeFunctionOptions {
  const extended: ExtendedKernel = (window, smoothed, notes) => extendedRate(window, smoothed, kind, notes);
  return {
    histograms: extrapolatedHistogram(kind),
    extended: { anchored: extended, smoothed: extended },
    wholeSeries: (windows, rangeMs) => seriesRate(kind, windows, rangeMs),
    usesStartTimes: kind.counter,
    ...(kind.counter ? { inspect: hintAtCounters } : {}),
  };
}

function rateFunction(name: string, kind: Kind): PromqlFunction {
  return [name, takes('matrix'), rangeFunction(extrapolated(kind), rateOptions(kind))];
}

export const rateFunctions: readonly PromqlFunction[] = [
  rateFunction('rate', { counter: true, perSecond: true }),
  rateFunction('increase', { counter: true, perSecond: false }),
  rateFunction('delta', { counter: false, perSecond: false }),
  [
    'irate',
    takes('matrix'),
    rangeFunction(instantChange(true), {
      histograms: (window, notes) => histogramInstantChange(window, true, notes),
      usesStartTimes: true,
    }),
  ],
  [
    'idelta',
    takes('matrix'),
    rangeFunction(instantChange(false), {
      histograms: (window, notes) => histogramInstantChange(window, false, notes),
    }),
  ],
  [
    'resets',
    takes('matrix'),
    rangeFunction((window) => resets(window, window.from), {
      histograms: (window) => resets(window, window.from),
      extended: { anchored: (window) => countsFrom(window, resets) },
      usesStartTimes: true,
    }),
  ],
  [
    'changes',
    takes('matrix'),
    rangeFunction((window) => changes(window, window.from), {
      histograms: (window) => changes(window, window.from),
      extended: { anchored: (window) => countsFrom(window, changes) },
    }),
  ],
];

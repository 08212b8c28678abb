// Smoothed instant selectors: the value between the samples on both sides of a step, within the lookback window.
import { mixedBucketSchemas, mixedFloatsAndHistograms } from '../annotation-texts.ts';
import type { Expr } from '../ast.ts';
import { usesCustomBuckets, withHint, type FloatHistogram } from '../histogram/float-histogram.ts';
import { METRIC_NAME } from '../labels.ts';
import type { EvalContext } from './context.ts';
import { interpolateFloats, interpolateHistograms, Notes, type TimedHistogram } from './notes.ts';
import { emptySeries, isEmptySeries, put, type RangeSeries, type VectorSeries } from './value.ts';

function timed(one: RangeSeries, at: number): TimedHistogram | undefined {
  const histogram = one.histograms?.[at];
  return histogram === undefined ? undefined : { timeMs: one.timesMs[at]!, histogram };
}

/** @param at the first sample that is not before the time */
function histogramBetween(
  one: RangeSeries,
  at: number,
  window: { readonly from: number; readonly to: number },
  timeMs: number,
  notes: Notes,
): FloatHistogram | undefined {
  const next = at < window.to ? timed(one, at) : undefined;
  if (next?.timeMs === timeMs) return next.histogram;
  const previous = at > window.from ? timed(one, at - 1) : undefined;
  if (previous === undefined) return undefined;
  // The hint is about two neighbours, and of this one the next is not known.
  if (next === undefined) return withHint(previous.histogram, 'unknown');
  if (usesCustomBuckets(previous.histogram) !== usesCustomBuckets(next.histogram)) {
    notes.warn(mixedBucketSchemas(notes.metric));
    return undefined;
  }
  const counter = previous.histogram.hint !== 'gauge' || next.histogram.hint !== 'gauge';
  return interpolateHistograms(previous, next, timeMs, counter, notes);
}

function floatBetween(
  { timesMs, values }: RangeSeries,
  at: number,
  window: { readonly from: number; readonly to: number },
  timeMs: number,
): number | undefined {
  if (at < window.to && timesMs[at] === timeMs) return values[at];
  if (at === window.from) return undefined;
  const previous = { timeMs: timesMs[at - 1]!, value: values[at - 1]! };
  return at === window.to
    ? previous.value
    : interpolateFloats(previous, { timeMs: timesMs[at]!, value: values[at]! }, timeMs, false);
}

export function smoothSeries(
  { grid, scope }: EvalContext,
  expr: Expr,
  found: readonly RangeSeries[],
  timeOf: (step: number) => number,
): VectorSeries[] {
  const notes = new Notes(scope.annotations, expr);
  const series: VectorSeries[] = [];
  for (const one of found) {
    notes.metric = one.labels.get(METRIC_NAME);
    scope.budget.reserve(grid.steps);
    const into = emptySeries(one.labels, grid.steps);
    const window = { from: 0, to: 0 };
    let at = 0;
    for (let step = 0; step < grid.steps; step++) {
      const timeMs = timeOf(step);
      const { timesMs } = one;
      while (window.to < timesMs.length && timesMs[window.to]! <= timeMs + scope.lookbackMs) window.to++;
      while (window.from < window.to && timesMs[window.from]! <= timeMs - scope.lookbackMs) window.from++;
      at = Math.max(at, window.from);
      while (at < window.to && timesMs[at]! < timeMs) at++;
      if (window.from === window.to) continue;
      let histograms = 0;
      if (one.histograms !== undefined)
        for (let place = window.from; place < window.to; place++) if (one.histograms[place] !== undefined) histograms++;
      if (histograms > 0 && histograms < window.to - window.from) {
        notes.warn(mixedFloatsAndHistograms(notes.metric));
        continue;
      }
      put(
        into,
        step,
        histograms > 0 ? histogramBetween(one, at, window, timeMs, notes) : floatBetween(one, at, window, timeMs),
      );
      scope.budget.spend(histograms + 1);
    }
    if (!isEmptySeries(into)) series.push(into);
  }
  return series;
}

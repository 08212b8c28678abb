// Sub-queries: an instant expression evaluated on its own grid, which is aligned to absolute multiples of its step.
import type { Subquery } from '../ast.ts';
import { durationMs } from '../duration.ts';
import { makeGrid, type EvalContext } from './context.ts';
import { evaluateVector } from './operands.ts';
import { withHint, type FloatHistogram } from '../histogram/float-histogram.ts';
import { lookAt, samplesAt } from './selector.ts';
import type { RangeSeries, RangeValue } from './value.ts';

/** What a histogram says of the sample before it does not hold for steps of a sub-query. */
function unhinted(histogram: FloatHistogram | undefined): FloatHistogram | undefined {
  return histogram === undefined || histogram.hint === 'gauge' ? histogram : withHint(histogram, 'unknown');
}

/** Evaluates the inner expression once over everything that the outer steps will look at. */
export async function evaluateSubquery(context: EvalContext, expr: Subquery): Promise<RangeValue> {
  const { scope, grid } = context;
  const rangeMs = durationMs(expr.range, scope.durations, false);
  const stepMs = expr.step === undefined ? scope.subqueryStepMs : durationMs(expr.step, scope.durations, false);
  const look = lookAt(context, expr);
  if (grid.steps === 0) return { series: [], rangeMs, windowEndMs: look.timeMs };
  const fromMs = look.timeMs(0) - rangeMs;
  let startMs = stepMs * Math.trunc(fromMs / stepMs);
  if (startMs <= fromMs) startMs += stepMs;
  const inner: EvalContext = { scope, needs: 'buckets', grid: makeGrid(startMs, look.timeMs(grid.steps - 1), stepMs) };
  // Between two steps of the sub-query nothing is evaluated, and nothing is said about it.
  if (inner.grid.steps === 0) return { series: [], rangeMs, windowEndMs: look.timeMs };
  scope.budget.reserve(inner.grid.steps);
  const before = scope.budget.held;
  const seen = scope.budget.samplesSeen;
  const value = await evaluateVector(inner, expr.expr);
  // What is seen is the windows of the range function, not what the sub-query has looked at for them.
  const samplesSeen = scope.budget.samplesSeen - seen;
  scope.budget.samplesSeen = seen;
  const series: RangeSeries[] = [];
  for (const one of value.series) {
    const places: number[] = [];
    for (let step = 0; step < one.present.length; step++) if (one.present[step] !== 0) places.push(step);
    scope.budget.spend(one.present.length);
    if (places.length === 0) continue;
    const histograms = one.histograms?.map(unhinted);
    const samples = samplesAt({ timesMs: one.values, values: one.values, histograms }, places);
    const timesMs = Float64Array.from(places, (step) => inner.grid.startMs + step * stepMs);
    series.push({ labels: one.labels, dropName: one.dropName, ...samples, timesMs });
  }
  return { series, rangeMs, windowEndMs: look.timeMs, heldSamples: scope.budget.held - before, samplesSeen };
}

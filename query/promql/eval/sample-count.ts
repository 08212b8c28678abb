// Counts the samples that are held at one time exactly as Prometheus does, which evaluates step by step where this engine goes series by series.
import { sizeInSamples } from '../histogram/float-histogram.ts';
import type { HistogramColumn } from '../storage.ts';
import type { EvalContext } from './context.ts';
import { FLOAT, HISTOGRAM, type Value, type VectorSeries } from './value.ts';

function countFloats(present: Uint8Array): number {
  let count = 0;
  for (let step = 0; step < present.length; step++) count += present[step]!;
  return count;
}

export function seriesSamples({ present, histograms }: VectorSeries): number {
  if (histograms === undefined) return countFloats(present);
  let count = 0;
  for (let step = 0; step < present.length; step++) {
    const flag = present[step]!;
    count += flag === HISTOGRAM ? sizeInSamples(histograms[step]!) : flag;
  }
  return count;
}

export function totalSamples(value: Value): number {
  if (value.type === 'scalar') return value.values.length;
  if (value.type === 'string') return 0;
  let total = 0;
  for (const one of value.series) total += seriesSamples(one);
  return total;
}

/** Adds to `counts` what each step holds of a value: one per sample, or by size. */
function addPerStep(counts: Float64Array, value: Value, bySize: boolean): void {
  if (value.type === 'string') return;
  if (value.type === 'scalar') {
    for (let step = 0; step < counts.length; step++) counts[step]! += 1;
    return;
  }
  for (const { present, histograms } of value.series) {
    for (let step = 0; step < counts.length; step++) {
      const flag = present[step]!;
      if (flag === 0) continue;
      counts[step]! += flag === FLOAT || !bySize ? 1 : sizeInSamples(histograms![step]!);
    }
  }
}

/**
 * Counts an expression that Prometheus evaluates step by step: its operands stay until the end, each step adds the samples it looks at for a moment, and
 * its results for good. @param before what was held before the operands
 */
export function countStepwise(
  { scope: { budget }, grid }: EvalContext,
  before: number,
  operands: readonly Value[],
  result: Value,
): void {
  const seen = new Float64Array(grid.steps);
  const given = new Float64Array(grid.steps);
  for (const operand of operands) addPerStep(seen, operand, false);
  addPerStep(given, result, true);
  let total = 0;
  for (let step = 0; step < grid.steps; step++) {
    total += given[step]!;
    budget.holdBriefly(total + seen[step]!);
  }
  budget.held = before;
  budget.hold(total);
}

/** Sizes of samples before each place, for windows with histograms: a window holds the difference of two of them. */
export function sizesBefore(histograms: HistogramColumn): Float64Array {
  const before = new Float64Array(histograms.length + 1);
  for (let at = 0; at < histograms.length; at++) {
    const histogram = histograms[at];
    before[at + 1] = before[at]! + (histogram === undefined ? 1 : sizeInSamples(histogram));
  }
  return before;
}

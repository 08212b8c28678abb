// Equality of answers and expectations: floats within a relative error, histograms part by part.
import type { Buckets } from '#query/promql/histogram/buckets.ts';
import { compact, type FloatHistogram } from '#query/promql/histogram/float-histogram.ts';
import { sameBounds } from '#query/promql/histogram/bounds.ts';
import { histogramNotation } from '#query/promql/histogram/text.ts';
import { formatGo } from '#query/promql/format-number.ts';
import type { SeriesValue } from '#query/promql/series-description.ts';

const EPSILON = 1e-6;
const SMALLEST_NORMAL = 2 ** -1022;

export function almostEqual(a: number, b: number): boolean {
  if (Number.isNaN(a) && Number.isNaN(b)) return true;
  if (a === b) return true;
  const size = Math.abs(a) + Math.abs(b);
  const difference = Math.abs(a - b);
  if (a === 0 || b === 0 || size < SMALLEST_NORMAL) return difference < EPSILON * SMALLEST_NORMAL;
  return difference / Math.min(size, Number.MAX_VALUE) < EPSILON;
}

function almostEqualBuckets(a: Buckets, b: Buckets): boolean {
  return (
    a.indexes.length === b.indexes.length &&
    a.indexes.every((index, at) => index === b.indexes[at] && almostEqual(a.counts[at]!, b.counts[at]!))
  );
}

function almostEqualHistograms(expected: FloatHistogram, got: FloatHistogram, hinted: boolean): boolean {
  const a = compact(expected);
  const b = compact(got);
  return (
    a.schema === b.schema &&
    almostEqual(a.count, b.count) &&
    almostEqual(a.sum, b.sum) &&
    sameBounds(a.customValues, b.customValues) &&
    a.zeroThreshold === b.zeroThreshold &&
    almostEqual(a.zeroCount, b.zeroCount) &&
    almostEqualBuckets(a.positive, b.positive) &&
    almostEqualBuckets(a.negative, b.negative) &&
    (!hinted || a.hint === b.hint)
  );
}

/** A value of an answer. */
export interface Sample {
  readonly value: number;
  readonly histogram: FloatHistogram | undefined;
}

export function isExpected(expected: SeriesValue, { value, histogram }: Sample): boolean {
  if (expected.kind === 'histogram')
    return histogram !== undefined && almostEqualHistograms(expected.histogram, histogram, expected.hinted);
  if (histogram !== undefined || expected.kind === 'gap') return false;
  // No answer holds a staleness marker: who expects one is never content.
  return expected.kind === 'float' && almostEqual(expected.value, value);
}

export function showExpected(expected: SeriesValue): string {
  if (expected.kind === 'histogram') return histogramNotation(expected.histogram);
  return expected.kind === 'float' ? formatGo(expected.value) : expected.kind === 'gap' ? '_' : expected.kind;
}

export function showSample({ value, histogram }: Sample): string {
  return histogram === undefined ? formatGo(value) : histogramNotation(histogram);
}

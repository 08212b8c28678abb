// A native histogram as PromQL sees it: float counts, exponential buckets or custom bounds. Values of this type never change.
import { CUSTOM_BUCKETS_SCHEMA, sameBounds } from './bounds.ts';
import { NO_BUCKETS, sameIndexes, spanCount, withoutEmpty, type Buckets } from './buckets.ts';

/** What is known about a counter reset before the sample; gauges have none. */
export type CounterResetHint = 'unknown' | 'reset' | 'not_reset' | 'gauge';

export interface FloatHistogram {
  readonly hint: CounterResetHint;
  /** -4 … 8: each power of two is divided into 2^schema buckets; -53: custom bounds. */
  readonly schema: number;
  /** Half the width of the zero bucket. */
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly count: number;
  readonly sum: number;
  /** Bucket i ends at 2^(i / 2^schema), or at the custom bound i. */
  readonly positive: Buckets;
  readonly negative: Buckets;
  /** Ascending upper bounds of custom buckets; one more bucket ends at +Inf. */
  readonly customValues: readonly number[];
}

export const EMPTY_HISTOGRAM: FloatHistogram = {
  hint: 'unknown',
  schema: 0,
  zeroThreshold: 0,
  zeroCount: 0,
  count: 0,
  sum: 0,
  positive: NO_BUCKETS,
  negative: NO_BUCKETS,
  customValues: [],
};

export function usesCustomBuckets(histogram: FloatHistogram): boolean {
  return histogram.schema === CUSTOM_BUCKETS_SCHEMA;
}

/** Without empty buckets. */
export function compact(histogram: FloatHistogram): FloatHistogram {
  const positive = withoutEmpty(histogram.positive);
  const negative = withoutEmpty(histogram.negative);
  return positive === histogram.positive && negative === histogram.negative
    ? histogram
    : { ...histogram, positive, negative };
}

export function withHint(histogram: FloatHistogram, hint: CounterResetHint): FloatHistogram {
  return histogram.hint === hint ? histogram : { ...histogram, hint };
}

function sameBuckets(a: Buckets, b: Buckets): boolean {
  if (!sameIndexes(a.indexes, b.indexes)) return false;
  for (let at = 0; at < a.counts.length; at++) if (!Object.is(a.counts[at], b.counts[at])) return false;
  return true;
}

/** The same layout and the same numbers bit for bit, empty buckets included; hints do not count. */
export function equalHistograms(a: FloatHistogram, b: FloatHistogram): boolean {
  return (
    a.schema === b.schema &&
    Object.is(a.count, b.count) &&
    Object.is(a.sum, b.sum) &&
    a.zeroThreshold === b.zeroThreshold &&
    Object.is(a.zeroCount, b.zeroCount) &&
    (a.schema !== CUSTOM_BUCKETS_SCHEMA || sameBounds(a.customValues, b.customValues)) &&
    sameBuckets(a.positive, b.positive) &&
    sameBuckets(a.negative, b.negative)
  );
}

/** Bytes that Prometheus counts for a histogram without spans and buckets. */
const FIXED_BYTES = 168;
const BYTES_PER_NUMBER = 8;
const BYTES_PER_SAMPLE = 16;

/** As how many float samples Prometheus counts a histogram, its time included. */
export function sizeInSamples(histogram: FloatHistogram): number {
  const { positive, negative, customValues } = histogram;
  const numbers =
    spanCount(positive) + spanCount(negative) + positive.counts.length + negative.counts.length + customValues.length;
  return Math.floor((FIXED_BYTES + BYTES_PER_NUMBER * (numbers + 1)) / BYTES_PER_SAMPLE);
}

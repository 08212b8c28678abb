// All buckets of a histogram with their bounds, from the lowest to the highest, as they are shown and interpolated.
import { bucketBound } from './bounds.ts';
import { usesCustomBuckets, type FloatHistogram } from './float-histogram.ts';

export interface Bucket {
  readonly lower: number;
  readonly upper: number;
  readonly lowerInclusive: boolean;
  readonly upperInclusive: boolean;
  readonly count: number;
}

export function positiveBucket(histogram: FloatHistogram, at: number): Bucket {
  const { schema, customValues, positive } = histogram;
  const index = positive.indexes[at]!;
  const custom = usesCustomBuckets(histogram);
  const upper = bucketBound(index, schema, customValues);
  const lower = bucketBound(index - 1, schema, customValues);
  return {
    lower,
    upper,
    lowerInclusive: custom ? index === 0 : lower < 0,
    upperInclusive: custom || upper > 0,
    count: positive.counts[at]!,
  };
}

export function negativeBucket(histogram: FloatHistogram, at: number): Bucket {
  const { schema, negative } = histogram;
  const index = negative.indexes[at]!;
  return {
    lower: -bucketBound(index, schema, []),
    upper: -bucketBound(index - 1, schema, []),
    lowerInclusive: true,
    upperInclusive: false,
    count: negative.counts[at]!,
  };
}

export function zeroBucket({ zeroThreshold, zeroCount }: FloatHistogram): Bucket {
  return { lower: -zeroThreshold, upper: zeroThreshold, lowerInclusive: true, upperInclusive: true, count: zeroCount };
}

/** Ascending; the zero bucket only where it is populated, and buckets that reach into it are cut at its edge. */
export function allBuckets(histogram: FloatHistogram): Bucket[] {
  const { zeroThreshold: threshold, negative, positive, zeroCount } = histogram;
  const buckets: Bucket[] = [];
  for (let at = negative.indexes.length - 1; at >= 0; at--) {
    const bucket = negativeBucket(histogram, at);
    const overlaps = bucket.upper < 0 && bucket.upper > -threshold;
    buckets.push(overlaps ? { ...bucket, upper: -threshold } : bucket);
  }
  if (zeroCount > 0) buckets.push(zeroBucket(histogram));
  for (let at = 0; at < positive.indexes.length; at++) {
    const bucket = positiveBucket(histogram, at);
    const overlaps = bucket.lower > 0 && bucket.lower < threshold;
    buckets.push(overlaps ? { ...bucket, lower: threshold } : bucket);
  }
  return buckets;
}

/** The share of a bucket's width that lies below a value inside it. */
export function fractionBelow({ lower, upper }: Bucket, value: number, linear: boolean): number {
  if (linear) return (value - lower) / (upper - lower);
  const logLower = Math.log2(Math.abs(lower));
  const logUpper = Math.log2(Math.abs(upper));
  const logValue = Math.log2(Math.abs(value));
  if (value > 0) return (logValue - logLower) / (logUpper - logLower);
  return 1 - (logValue - logUpper) / (logLower - logUpper);
}

// Quantiles, fractions and deviations of native histograms, by interpolation inside buckets.
import { KahanSum } from '../kahan.ts';
import { allBuckets, fractionBelow, type Bucket } from './bucket-list.ts';
import { usesCustomBuckets, type FloatHistogram } from './float-histogram.ts';

/** A bucket around zero reaches only to the side on which the histogram has buckets. */
function oneSided(bucket: Bucket, { positive, negative }: FloatHistogram): Bucket {
  if (negative.counts.length === 0 && positive.counts.length > 0) return { ...bucket, lower: 0 };
  if (positive.counts.length === 0 && negative.counts.length > 0) return { ...bucket, upper: 0 };
  return bucket;
}

export interface Quantile {
  readonly value: number;
  /** What observations that are not numbers have done to it. */
  readonly nan?: 'result' | 'skew';
}

/** Where interpolation ends without looking at a rank: custom buckets without an end. */
function customEnd({ lower, upper }: Bucket): number | undefined {
  if (lower === -Infinity) return upper <= 0 ? upper : undefined;
  return upper === Infinity ? lower : undefined;
}

function interpolated({ lower, upper }: Bucket, share: number, linear: boolean): number {
  if (linear) return lower + (upper - lower) * share;
  const logLower = Math.log2(Math.abs(lower));
  const logUpper = Math.log2(Math.abs(upper));
  return lower > 0
    ? 2 ** (logLower + (logUpper - logLower) * share)
    : -(2 ** (logUpper + (logLower - logUpper) * (1 - share)));
}

export function histogramQuantile(q: number, histogram: FloatHistogram): Quantile {
  if (q < 0) return { value: -Infinity };
  if (q > 1) return { value: Infinity };
  if (histogram.count === 0 || Number.isNaN(q)) return { value: NaN };
  const custom = usesCustomBuckets(histogram);
  const hasNaN = Number.isNaN(histogram.sum);
  const upwards = hasNaN || q < 0.5;
  const buckets = allBuckets(histogram);
  if (!upwards) buckets.reverse();
  let rank = (upwards ? q : 1 - q) * histogram.count;
  let bucket: Bucket = { lower: 0, upper: 0, lowerInclusive: false, upperInclusive: false, count: 0 };
  let count = 0;
  let next = 0;
  let reached = false;
  for (; next < buckets.length && !reached; next++) {
    bucket = buckets[next]!;
    count += bucket.count;
    reached = bucket.count !== 0 && count >= rank;
  }
  if (custom) {
    const end = customEnd(bucket);
    if (end !== undefined) return { value: end };
    if (bucket.lower === -Infinity) bucket = { ...bucket, lower: 0 };
  } else if (bucket.lower < 0 && bucket.upper > 0) bucket = oneSided(bucket, histogram);
  count = Math.min(count, histogram.count);
  if (count < rank) return hasNaN ? { value: NaN, nan: 'result' } : { value: bucket.upper };
  rank = upwards ? rank - (count - bucket.count) : count - rank;
  if (hasNaN) {
    // Prometheus goes on to the last bucket to count all observations, and then interpolates in that one.
    for (; next < buckets.length; next++) {
      bucket = buckets[next]!;
      count += bucket.count;
    }
  }
  const linear = custom || (bucket.lower <= 0 && bucket.upper >= 0);
  const value = interpolated(bucket, rank / bucket.count, linear);
  return hasNaN && count < histogram.count ? { value, nan: 'skew' } : { value };
}

/** Number of observations below a value, interpolated within its bucket; undefined where the value lies above all buckets. */
class RankOf {
  readonly #value: number;
  rank: number | undefined;

  constructor(value: number) {
    this.#value = value;
  }

  /** @param below observations in the buckets before this one */
  look(bucket: Bucket, below: number, linear: boolean): void {
    if (this.rank !== undefined) return;
    if (bucket.lower >= this.#value) this.rank = below;
    else if (bucket.upper > this.#value)
      // Nobody knows where observations lie in a bucket without a beginning.
      this.rank =
        linear && bucket.lower === -Infinity
          ? bucket.count
          : below + bucket.count * fractionBelow(bucket, this.#value, linear);
  }
}

export interface Fraction {
  readonly value: number;
  /** There are observations that are not numbers: they are in no fraction. */
  readonly nan: boolean;
}

/** The share of observations between two values. */
export function histogramFraction(lower: number, upper: number, histogram: FloatHistogram): Fraction {
  if (histogram.count === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return { value: NaN, nan: false };
  if (lower >= upper) return { value: 0, nan: false };
  const custom = usesCustomBuckets(histogram);
  const low = new RankOf(lower);
  const high = new RankOf(upper);
  let rank = 0;
  for (const each of allBuckets(histogram)) {
    const aroundZero = each.lower <= 0 && each.upper >= 0;
    const bucket = aroundZero ? oneSided(each, histogram) : each;
    low.look(bucket, rank, custom || aroundZero);
    high.look(bucket, rank, custom || aroundZero);
    rank += each.count;
  }
  const hasNaN = Number.isNaN(histogram.sum);
  const most = hasNaN ? rank : histogram.count;
  const value = (Math.min(high.rank ?? most, most) - Math.min(low.rank ?? most, most)) / histogram.count;
  return { value, nan: hasNaN && rank < histogram.count };
}

/** Where observations of a bucket lie for the variance. */
function middleOf({ lower, upper }: Bucket, custom: boolean): number {
  if (custom) return (upper + lower) / 2;
  if (lower <= 0 && upper >= 0) return 0;
  const mean = Math.sqrt(upper * lower);
  return upper < 0 ? -mean : mean;
}

export function histogramVariance(histogram: FloatHistogram): number {
  const custom = usesCustomBuckets(histogram);
  const mean = histogram.sum / histogram.count;
  const squares = new KahanSum();
  for (const bucket of allBuckets(histogram)) {
    if (bucket.count === 0) continue;
    const delta = middleOf(bucket, custom) - mean;
    squares.add(bucket.count * delta * delta);
  }
  return squares.value / histogram.count;
}

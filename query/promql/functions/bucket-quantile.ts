// Quantiles and fractions of one classic histogram: cumulative counts under ascending bounds.

export interface Bucket {
  bound: number;
  count: number;
}

/** Relative differences up to this size are rounding of float arithmetic, not missing observations. */
const SMALL_DELTA = 1e-12;

export interface Fix {
  readonly minBucket: number;
  readonly maxBucket: number;
  readonly maxDiff: number;
}

/**
 * Adds up buckets with equal bounds, in place; `buckets` are sorted by bound. Gives how many are left: what stands behind them is as it was, and comes up
 * again when the same buckets are asked for another quantile, as in Prometheus.
 */
function coalesce(buckets: readonly Bucket[]): number {
  let last = 0;
  for (let at = 1; at < buckets.length; at++) {
    const { bound, count } = buckets[at]!;
    if (bound === buckets[last]!.bound) buckets[last]!.count += count;
    else {
      last++;
      buckets[last]!.bound = bound;
      buckets[last]!.count = count;
    }
  }
  return last + 1;
}

function almostEqual(a: number, b: number): boolean {
  if (a === b) return true;
  const size = Math.abs(a) + Math.abs(b);
  if (a === 0 || b === 0 || size < 2 ** -1022) return Math.abs(a - b) < SMALL_DELTA * 2 ** -1022;
  return Math.abs(a - b) / Math.min(size, Number.MAX_VALUE) < SMALL_DELTA;
}

/** Flattens decreases; only those too large to be rounding count as a fix. */
function ensureMonotonic(buckets: readonly Bucket[]): Fix | undefined {
  let fix: { minBucket: number; maxBucket: number; maxDiff: number } | undefined;
  let previous = buckets[0]?.count ?? 0;
  for (const bucket of buckets.slice(1)) {
    if (bucket.count === previous) continue;
    if (almostEqual(previous, bucket.count)) {
      bucket.count = previous;
      continue;
    }
    if (bucket.count < previous) {
      const diff = previous - bucket.count;
      bucket.count = previous;
      fix =
        fix === undefined
          ? { minBucket: bucket.bound, maxBucket: bucket.bound, maxDiff: diff }
          : {
              minBucket: Math.min(fix.minBucket, bucket.bound),
              maxBucket: Math.max(fix.maxBucket, bucket.bound),
              maxDiff: Math.max(fix.maxDiff, diff),
            };
    }
    previous = bucket.count;
  }
  return fix;
}

/** The q-quantile, interpolated linearly inside its bucket. The buckets are sorted, added up and made monotonic in place. */
export function bucketQuantile(q: number, all: Bucket[]): { quantile: number; fix?: Fix } {
  if (Number.isNaN(q)) return { quantile: NaN };
  if (q < 0) return { quantile: -Infinity };
  if (q > 1) return { quantile: Infinity };
  all.sort((a, b) => a.bound - b.bound || 0);
  if (all.at(-1)?.bound !== Infinity) return { quantile: NaN };
  const buckets = all.slice(0, coalesce(all));
  const fix = ensureMonotonic(buckets);
  const fixed = fix === undefined ? {} : { fix };
  if (buckets.length < 2) return { quantile: NaN, ...fixed };
  const total = buckets.at(-1)!.count;
  if (total === 0) return { quantile: NaN, ...fixed };
  let rank = q * total;
  let at = buckets.findIndex((bucket, index) => index < buckets.length - 1 && bucket.count >= rank);
  if (at < 0) at = buckets.length - 1;
  if (at === buckets.length - 1) return { quantile: buckets[buckets.length - 2]!.bound, ...fixed };
  const { bound: end, count: cumulative } = buckets[at]!;
  if (at === 0 && end <= 0) return { quantile: end, ...fixed };
  const before = at > 0 ? buckets[at - 1]! : { bound: 0, count: 0 };
  const count = cumulative - before.count;
  rank -= before.count;
  return { quantile: before.bound + (end - before.bound) * (rank / count), ...fixed };
}

/** The share of observations between two bounds. `sorted` is ascending by bound, and added up in place. */
export function bucketFraction(lower: number, upper: number, sorted: readonly Bucket[]): number {
  if (sorted.at(-1)?.bound !== Infinity) return NaN;
  const buckets = sorted.slice(0, coalesce(sorted));
  const total = buckets.at(-1)!.count;
  if (total === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return NaN;
  if (lower >= upper) return 0;
  const rankOf = (value: number): number => {
    let start = buckets[0]!.bound > 0 ? 0 : -Infinity;
    let below = 0;
    for (const { bound, count } of buckets) {
      if (value <= start) return below;
      if (value < bound) {
        // Nobody knows where observations lie in a bucket without a beginning or an end.
        if (start === -Infinity) return count;
        return bound === Infinity ? below : below + (count - below) * ((value - start) / (bound - start));
      }
      start = bound;
      below = count;
    }
    return total;
  };
  return (Math.min(rankOf(upper), total) - Math.min(rankOf(lower), total)) / total;
}

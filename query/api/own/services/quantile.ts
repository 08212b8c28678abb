// Quantiles from classic buckets, by linear interpolation inside the bucket, as histogram_quantile does.

/** Key of the open bucket in stored maps: +Inf. */
const INFINITY_BOUND_US = 4_294_967_295;

/**
 * @param bounds upper bounds in µs (any order, +Inf as {@link INFINITY_BOUND_US}), @param counts spans per bucket, not cumulative.
 * @returns milliseconds; the highest finite bound when the quantile lies in the open bucket; null without spans, and where only the open bucket has any.
 */
export function quantileMs(q: number, bounds: readonly number[], counts: readonly number[]): number | null {
  const buckets = bounds
    .map((boundUs, i) => ({ boundUs, count: counts[i] ?? 0 }))
    .toSorted((a, b) => a.boundUs - b.boundUs);
  const total = buckets.reduce((sum, bucket) => sum + bucket.count, 0);
  if (total === 0) return null;
  let below = 0;
  let lower = 0;
  for (const { boundUs, count } of buckets) {
    if (below + count >= q * total && count > 0) {
      // Where nothing lies in a finite bucket, no bound is known that it could be told by.
      if (boundUs === INFINITY_BOUND_US) return lower === 0 ? null : lower / 1000;
      return (lower + ((boundUs - lower) * (q * total - below)) / count) / 1000;
    }
    below += count;
    if (boundUs !== INFINITY_BOUND_US) lower = boundUs;
  }
  return lower / 1000;
}

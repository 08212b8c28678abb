// Buckets of both kinds of OTLP histogram as counts by upper bound, the form in which classic Prometheus buckets are served.
import type { Buckets, Point } from './metric-reader.ts';

/** Bounds of one histogram; SDKs use 10 to 160, and each becomes a series. */
const MAX_BUCKETS = 1024;
/** Powers of two that a double can hold. */
const MIN_POWER = -1074;
const MAX_POWER = 1023;
/** Scales beyond these are not in the spec's range. */
const MIN_SCALE = -10;
const MAX_SCALE = 20;

/** Count (not cumulative) by upper bound; +Infinity for the rest. */
export type BoundCounts = ReadonlyMap<number, number>;

/** @returns the counts, or why the point is refused */
export function explicitCounts(point: Point): BoundCounts | string {
  const { explicitBounds: bounds, bucketCounts } = point;
  if (bounds.length > MAX_BUCKETS) return `a histogram has more than ${MAX_BUCKETS} buckets`;
  const counts = new Map<number, number>();
  if (bucketCounts.length === 0 && bounds.length === 0) return counts.set(Infinity, point.count);
  if (bucketCounts.length !== bounds.length + 1) return 'a histogram has not one bucket more than bounds';
  let below = -Infinity;
  for (let i = 0; i < bounds.length; i++) {
    const bound = bounds[i]!;
    if (!(bound > below)) return "a histogram's bounds do not rise";
    below = bound;
    counts.set(bound, bucketCounts[i]!);
  }
  // A sender may say +Inf itself; the last bucket is that one then.
  return counts.set(Infinity, (counts.get(Infinity) ?? 0) + bucketCounts[bounds.length]!);
}

/**
 * An exponential histogram at powers of two: every finer scale has them among its bounds, so no count is guessed, and the bounds stay
 * the same when a sender changes its scale.
 * @returns the counts, or why the point is refused
 */
export function exponentialCounts(point: Point): BoundCounts | string {
  const { scale } = point;
  if (scale < MIN_SCALE || scale > MAX_SCALE)
    return `an exponential histogram has scale ${scale}, outside ${MIN_SCALE} to ${MAX_SCALE}`;
  const counts = new Map<number, number>();
  const add = (bound: number, count: number): void => void counts.set(bound, (counts.get(bound) ?? 0) + count);
  // Bucket i of scale s covers (2^(i/2^s), 2^((i+1)/2^s)]; its mirror image below zero ends at -2^(i/2^s).
  eachBucket(point.negative, (index, count) => add(-powerOfTwo(Math.floor(index * 2 ** -scale)), count));
  if (point.zeroCount > 0) add(point.zeroThreshold, point.zeroCount);
  eachBucket(point.positive, (index, count) => add(powerOfTwo(Math.ceil((index + 1) * 2 ** -scale)), count));
  if (!counts.has(Infinity)) counts.set(Infinity, 0);
  return counts.size > MAX_BUCKETS ? `an exponential histogram spans more than ${MAX_BUCKETS} powers of two` : counts;
}

function eachBucket(buckets: Buckets, each: (index: number, count: number) => void): void {
  for (let i = 0; i < buckets.counts.length; i++) {
    const count = buckets.counts[i]!;
    if (count > 0) each(buckets.offset + i, count);
  }
}

function powerOfTwo(exponent: number): number {
  return exponent > MAX_POWER ? Infinity : 2 ** Math.max(MIN_POWER, exponent);
}

/** Bounds in rising order with the count of everything at or below each: what `_bucket{le}` means. */
export function cumulativeBuckets(counts: BoundCounts): { readonly bound: number; readonly atOrBelow: number }[] {
  let atOrBelow = 0;
  return [...counts]
    .toSorted(([a], [b]) => a - b)
    .map(([bound, count]) => {
      atOrBelow += count;
      return { bound, atOrBelow };
    });
}

/** A bound as the `le` label has it. */
export function boundText(bound: number): string {
  return bound === Infinity ? '+Inf' : String(bound);
}

// Counts of custom buckets under fewer bounds: each goes to the first bound that is left at or above its own.
import { KahanSum } from '../kahan.ts';
import type { Buckets } from './buckets.ts';
import type { CompensatedBuckets } from './zero-bucket.ts';

interface Rebound {
  readonly buckets: CompensatedBuckets;
  readonly bounds: readonly number[];
  readonly factor: 1 | -1;
}

/** Adds up the buckets of all sources under `bounds`. Empty buckets are left out. */
export function reboundBuckets(
  sources: readonly Rebound[],
  bounds: readonly number[],
): { readonly buckets: Buckets; readonly compensations: readonly number[] } {
  const totals = Array.from({ length: bounds.length + 1 }, () => new KahanSum());
  for (const source of sources) {
    let target = 0;
    for (let at = 0; at < source.buckets.indexes.length; at++) {
      const bound = source.bounds[source.buckets.indexes[at]!] ?? Infinity;
      while (target < bounds.length && bounds[target]! < bound) target++;
      const total = totals[target]!;
      total.add(source.factor * source.buckets.counts[at]!);
      if (source.buckets.compensations !== undefined) total.add(source.buckets.compensations[at]!);
    }
  }
  const indexes: number[] = [];
  const counts: number[] = [];
  const compensations: number[] = [];
  for (const [index, { sum, compensation }] of totals.entries()) {
    if (sum === 0 && compensation === 0) continue;
    indexes.push(index);
    counts.push(sum);
    compensations.push(compensation);
  }
  return { buckets: { indexes, counts }, compensations };
}

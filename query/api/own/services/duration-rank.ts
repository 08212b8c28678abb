// How a duration stands among all calls of its operation: from the histogram of all spans, as closely as its buckets tell.
import type { DurationRankQuery, DurationRankResponse } from '#proto/api/services.ts';
import { KIND_WORDS } from '#proto/search/fields.ts';
import type { ServiceReader } from '#query/store/services/contract.ts';
import type { TimeRange } from '#query/store/time-range.ts';

/** Key of the open bucket in stored maps: +Inf. */
const INFINITY_BOUND_US = 4_294_967_295;

export async function durationRank(
  reader: ServiceReader,
  { service, name, kind, duration_ns: durationNs }: DurationRankQuery,
  range: TimeRange,
): Promise<DurationRankResponse> {
  const sums = await reader.operation({ service, name, kind: KIND_WORDS.indexOf(kind), range });
  if (sums === undefined || sums.total === 0) return { calls: 0, faster_least: 0, faster_most: 0 };
  return { calls: sums.total, ...fasterThan(durationNs / 1000, sums.boundsUs, sums.counts) };
}

/** Calls in the buckets below are faster; those in its own may be, but for itself. */
export function fasterThan(
  us: number,
  boundsUs: readonly number[],
  counts: readonly number[],
): { readonly faster_least: number; readonly faster_most: number } {
  const isBelow = (bound: number): boolean => bound !== INFINITY_BOUND_US && bound < us;
  const own = Math.min(...boundsUs.filter((bound) => !isBelow(bound)));
  let least = 0;
  let inOwn = 0;
  for (const [i, bound] of boundsUs.entries()) {
    if (isBelow(bound)) least += counts[i] ?? 0;
    else if (bound === own) inOwn = counts[i] ?? 0;
  }
  return { faster_least: least, faster_most: least + Math.max(0, inOwn - 1) };
}

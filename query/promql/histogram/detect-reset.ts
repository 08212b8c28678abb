// Whether a counter was reset between two histograms: what has been counted once cannot become less.
import { sameBounds } from './bounds.ts';
import { coarser, firstBeyond, type Buckets } from './buckets.ts';
import { usesCustomBuckets, type FloatHistogram } from './float-histogram.ts';
import { widerZero } from './zero-bucket.ts';

/** Whether a bucket of the earlier histogram is missing in the later one, or has a lower count there. */
function lostAny(now: Buckets, before: Buckets, fromNow: number, fromBefore: number): boolean {
  let at = fromNow;
  for (let place = fromBefore; place < before.indexes.length; place++) {
    const index = before.indexes[place]!;
    while (at < now.indexes.length && now.indexes[at]! < index) at++;
    const left = now.indexes[at] === index ? now.counts[at]! : undefined;
    if (left === undefined ? before.counts[place] !== 0 : left < before.counts[place]!) return true;
  }
  return false;
}

function lostBeyondZero(now: Buckets, before: Buckets, histogram: FloatHistogram, steps: number): boolean {
  const { schema, zeroThreshold } = histogram;
  const reduced = coarser(before, steps);
  return lostAny(now, reduced, firstBeyond(now, schema, zeroThreshold), firstBeyond(reduced, schema, zeroThreshold));
}

/** Counts up to `bound` from place `from` on. */
function countUpTo(
  { positive, customValues }: FloatHistogram,
  from: number,
  bound: number,
): { readonly next: number; readonly count: number } {
  let next = from;
  let count = 0;
  while (next < positive.indexes.length && (customValues[positive.indexes[next]!] ?? Infinity) <= bound)
    count += positive.counts[next++]!;
  return { next, count };
}

/** Compares what lies between the bounds that both have. */
function lostUnderOtherBounds(now: FloatHistogram, before: FloatHistogram): boolean {
  const known = new Set(before.customValues);
  let atNow = 0;
  let atBefore = 0;
  for (const bound of [...now.customValues.filter((each) => known.has(each)), Infinity]) {
    const left = countUpTo(now, atNow, bound);
    const right = countUpTo(before, atBefore, bound);
    if (left.count < right.count) return true;
    atNow = left.next;
    atBefore = right.next;
  }
  return false;
}

/** True when a counter reset lies between `before` and `now`. A hint of `now` decides; gauges are read as counters. */
export function detectReset(now: FloatHistogram, before: FloatHistogram): boolean {
  if (now.hint === 'reset') return true;
  if (now.hint === 'not_reset') return false;
  if (now.count < before.count) return true;
  if (usesCustomBuckets(now)) {
    if (!usesCustomBuckets(before)) return true;
    return sameBounds(now.customValues, before.customValues)
      ? lostAny(now.positive, before.positive, 0, 0)
      : lostUnderOtherBounds(now, before);
  }
  if (now.schema > before.schema || now.zeroThreshold < before.zeroThreshold) return true;
  const zero = widerZero({ ...before, zeroCompensation: 0 }, now.zeroThreshold);
  if (zero.threshold !== now.zeroThreshold || now.zeroCount < zero.count) return true;
  const steps = before.schema - now.schema;
  return (
    lostBeyondZero(now.positive, before.positive, now, steps) ||
    lostBeyondZero(now.negative, before.negative, now, steps)
  );
}

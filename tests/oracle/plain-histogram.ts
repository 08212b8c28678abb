// Histograms as maps of buckets, with the plainest arithmetic that gives the same answers: what the sparse lists are compared with.
import { exponentialBound } from '#query/promql/histogram/bounds.ts';
import type { Buckets } from '#query/promql/histogram/buckets.ts';
import type { FloatHistogram } from '#query/promql/histogram/float-histogram.ts';

type Side = Map<number, number>;

export interface PlainHistogram {
  schema: number;
  threshold: number;
  zero: number;
  count: number;
  sum: number;
  positive: Side;
  negative: Side;
}

function sideOf({ indexes, counts }: Buckets): Side {
  return new Map(indexes.map((index, at) => [index, counts[at] ?? 0]));
}

export function plainOf(histogram: FloatHistogram): PlainHistogram {
  return {
    schema: histogram.schema,
    threshold: histogram.zeroThreshold,
    zero: histogram.zeroCount,
    count: histogram.count,
    sum: histogram.sum,
    positive: sideOf(histogram.positive),
    negative: sideOf(histogram.negative),
  };
}

function reduced(side: Side, steps: number): Side {
  const into: Side = new Map();
  for (const [index, count] of side) {
    const target = Math.ceil(index / 2 ** steps);
    into.set(target, (into.get(target) ?? 0) + count);
  }
  return into;
}

const sides = (one: PlainHistogram): Side[] => [one.positive, one.negative];

/** The least threshold from `least` on that lies inside no populated bucket of those whose own threshold is another one. */
function clearThreshold(histograms: readonly PlainHistogram[], least: number): number {
  let threshold = least;
  for (;;) {
    const others = histograms.filter((one) => one.threshold !== threshold);
    const ends = others.flatMap((one) =>
      sides(one).flatMap((side) =>
        [...side]
          .filter(
            ([index, count]) =>
              count !== 0 &&
              exponentialBound(index - 1, one.schema) < threshold &&
              exponentialBound(index, one.schema) > threshold,
          )
          .map(([index]) => exponentialBound(index, one.schema)),
      ),
    );
    if (ends.length === 0) return threshold;
    threshold = Math.max(...ends);
  }
}

function zeroUpTo(one: PlainHistogram, threshold: number): number {
  if (one.threshold === threshold) return one.zero;
  let zero = one.zero;
  for (const side of sides(one))
    for (const [index, count] of side) if (exponentialBound(index - 1, one.schema) < threshold) zero += count;
  return zero;
}

function outside(side: Side, schema: number, threshold: number): Side {
  return new Map([...side].filter(([index]) => exponentialBound(index - 1, schema) >= threshold));
}

/** a + factor × b. */
export function plainCombine(a: PlainHistogram, b: PlainHistogram, factor: 1 | -1): PlainHistogram {
  const schema = Math.min(a.schema, b.schema);
  const threshold =
    a.threshold === b.threshold ? a.threshold : clearThreshold([a, b], Math.max(a.threshold, b.threshold));
  const combined = (left: Side, right: Side): Side => {
    const kept = threshold === a.threshold ? left : outside(left, a.schema, threshold);
    const into = reduced(kept, a.schema - schema);
    for (const [index, count] of reduced(right, b.schema - schema))
      if (exponentialBound(index, schema) > threshold) into.set(index, (into.get(index) ?? 0) + factor * count);
    return into;
  };
  return {
    schema,
    threshold,
    zero: zeroUpTo(a, threshold) + factor * zeroUpTo(b, threshold),
    count: a.count + factor * b.count,
    sum: a.sum + factor * b.sum,
    positive: combined(a.positive, b.positive),
    negative: combined(a.negative, b.negative),
  };
}

/** True when `before` cannot have become `now` by counting on. Hints are not looked at. */
export function plainReset(now: PlainHistogram, before: PlainHistogram): boolean {
  if (now.count < before.count || now.schema > before.schema || now.threshold < before.threshold) return true;
  if (now.threshold !== before.threshold) {
    if (clearThreshold([before], now.threshold) !== now.threshold) return true;
    if (now.zero < zeroUpTo(before, now.threshold)) return true;
  } else if (now.zero < before.zero) return true;
  return sides(before).some((side, which) =>
    [...reduced(side, before.schema - now.schema)].some(
      ([index, count]) =>
        exponentialBound(index, now.schema) > now.threshold && (sides(now)[which]?.get(index) ?? 0) < count,
    ),
  );
}

/** Without empty buckets, in order, to compare with. */
export function listed(one: PlainHistogram): unknown {
  const list = (side: Side): unknown => [...side].filter(([, count]) => count !== 0).sort(([a], [b]) => a - b);
  return { ...one, positive: list(one.positive), negative: list(one.negative) };
}

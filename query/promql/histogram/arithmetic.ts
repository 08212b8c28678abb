// Sums, differences and multiples of histograms, with layouts brought together first.
import { commonBounds, sameBounds } from './bounds.ts';
import { coarser, firstBeyond, merged, NO_BUCKETS, withoutEmpty, type Buckets } from './buckets.ts';
import { reboundBuckets } from './custom-bounds.ts';
import { usesCustomBuckets, type CounterResetHint, type FloatHistogram } from './float-histogram.ts';
import { insideZero, sharedZero, type WiderZero, type ZeroZone } from './zero-bucket.ts';

export interface Combined {
  readonly histogram: FloatHistogram;
  /** One of the two was marked as a counter reset and the other as none. */
  readonly hintsCollide: boolean;
  /** Their custom bounds differed: only those that both have are left. */
  readonly boundsReconciled: boolean;
}

/** The hint of a sum or difference. */
export function combinedHint(a: CounterResetHint, b: CounterResetHint): CounterResetHint {
  if (a === b) return a;
  return a === 'gauge' || b === 'gauge' ? 'gauge' : 'unknown';
}

export function hintsCollide(a: CounterResetHint, b: CounterResetHint): boolean {
  return (a === 'reset' && b === 'not_reset') || (a === 'not_reset' && b === 'reset');
}

function zoneOf(histogram: FloatHistogram): ZeroZone {
  return {
    schema: histogram.schema,
    zeroThreshold: histogram.zeroThreshold,
    zeroCount: histogram.zeroCount,
    zeroCompensation: 0,
    positive: histogram.positive,
    negative: histogram.negative,
  };
}

/** Without the buckets that have become part of the zero bucket. */
function outsideZero(buckets: Buckets, schema: number, threshold: number): Buckets {
  const inside = insideZero(buckets, schema, threshold);
  return inside === 0 ? buckets : { indexes: buckets.indexes.slice(inside), counts: buckets.counts.slice(inside) };
}

function combineSide(a: Buckets, b: Buckets, schemas: Schemas, threshold: number, factor: 1 | -1): Buckets {
  const right = coarser(b, schemas.b - schemas.common);
  return merged(
    coarser(a, schemas.a - schemas.common),
    right,
    factor,
    right.indexes.length === 0 ? 0 : firstBeyond(right, schemas.common, threshold),
  );
}

interface Schemas {
  readonly a: number;
  readonly b: number;
  readonly common: number;
}

function combineExponential(
  a: FloatHistogram,
  b: FloatHistogram,
  factor: 1 | -1,
): Pick<FloatHistogram, 'schema' | 'zeroThreshold' | 'zeroCount' | 'positive' | 'negative'> {
  const schemas = { a: a.schema, b: b.schema, common: Math.min(a.schema, b.schema) };
  let zero: { readonly a: WiderZero; readonly b: WiderZero } | undefined;
  let { positive, negative } = a;
  if (a.zeroThreshold !== b.zeroThreshold) {
    zero = sharedZero(zoneOf(a), zoneOf(b));
    if (zero.a.threshold !== a.zeroThreshold) {
      positive = withoutEmpty(outsideZero(positive, a.schema, zero.a.threshold));
      negative = withoutEmpty(outsideZero(negative, a.schema, zero.a.threshold));
    }
  }
  const zeroThreshold = zero?.a.threshold ?? a.zeroThreshold;
  return {
    schema: schemas.common,
    zeroThreshold,
    zeroCount: (zero?.a.count ?? a.zeroCount) + factor * (zero?.b.count ?? b.zeroCount),
    positive: combineSide(positive, b.positive, schemas, zeroThreshold, factor),
    negative: combineSide(negative, b.negative, schemas, zeroThreshold, factor),
  };
}

/** a + factor × b; undefined when one has exponential and the other custom buckets. */
function combine(a: FloatHistogram, b: FloatHistogram, factor: 1 | -1): Combined | undefined {
  if (usesCustomBuckets(a) !== usesCustomBuckets(b)) return undefined;
  const hint = combinedHint(a.hint, b.hint);
  const totals = { hint, count: a.count + factor * b.count, sum: a.sum + factor * b.sum };
  const collide = hintsCollide(a.hint, b.hint);
  if (!usesCustomBuckets(a)) {
    const histogram = { ...a, ...totals, ...combineExponential(a, b, factor) };
    return { histogram, hintsCollide: collide, boundsReconciled: false };
  }
  if (sameBounds(a.customValues, b.customValues)) {
    const histogram = { ...a, ...totals, positive: merged(a.positive, b.positive, factor, 0) };
    return { histogram, hintsCollide: collide, boundsReconciled: false };
  }
  const customValues = commonBounds(a.customValues, b.customValues);
  const { buckets } = reboundBuckets(
    [
      { buckets: a.positive, bounds: a.customValues, factor: 1 },
      { buckets: b.positive, bounds: b.customValues, factor },
    ],
    customValues,
  );
  return {
    histogram: { ...a, ...totals, customValues, positive: buckets },
    hintsCollide: collide,
    boundsReconciled: true,
  };
}

/** undefined when one has exponential and the other custom buckets. Empty buckets may be left: see `compact`. */
export function add(a: FloatHistogram, b: FloatHistogram): Combined | undefined {
  return combine(a, b, 1);
}

/** As `add`. The hint is that of a sum: where the difference is an answer of its own, it is a gauge. */
export function subtract(a: FloatHistogram, b: FloatHistogram): Combined | undefined {
  return combine(a, b, -1);
}

function mapped(buckets: Buckets, map: (count: number) => number): Buckets {
  return buckets.counts.length === 0 ? buckets : { indexes: buckets.indexes, counts: buckets.counts.map(map) };
}

function mapHistogram(histogram: FloatHistogram, negated: boolean, map: (count: number) => number): FloatHistogram {
  return {
    ...histogram,
    hint: negated ? 'gauge' : histogram.hint,
    zeroCount: map(histogram.zeroCount),
    count: map(histogram.count),
    sum: map(histogram.sum),
    positive: mapped(histogram.positive, map),
    negative: mapped(histogram.negative, map),
  };
}

export function multiply(histogram: FloatHistogram, factor: number): FloatHistogram {
  return mapHistogram(histogram, factor < 0, (count) => count * factor);
}

/** A division by zero leaves no buckets. */
export function divide(histogram: FloatHistogram, divisor: number): FloatHistogram {
  if (divisor !== 0) return mapHistogram(histogram, divisor < 0, (count) => count / divisor);
  return {
    ...histogram,
    zeroCount: histogram.zeroCount / divisor,
    count: histogram.count / divisor,
    sum: histogram.sum / divisor,
    positive: NO_BUCKETS,
    negative: NO_BUCKETS,
  };
}

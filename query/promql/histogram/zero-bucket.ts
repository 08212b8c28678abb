// Widening the zero bucket: what a histogram's zero count would be with a larger threshold, and the threshold two histograms can share.
import { KahanSum } from '../kahan.ts';
import { exponentialBound } from './bounds.ts';
import type { Buckets } from './buckets.ts';

/** The parts of a histogram that widening looks at. Counts of one sum may be compensated. */
export interface ZeroZone {
  readonly schema: number;
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly zeroCompensation: number;
  readonly positive: CompensatedBuckets;
  readonly negative: CompensatedBuckets;
}

/** Buckets with what summation has rounded off, if that is kept. */
export interface CompensatedBuckets extends Buckets {
  readonly compensations?: readonly number[] | undefined;
}

export interface WiderZero {
  readonly threshold: number;
  readonly count: number;
  readonly compensation: number;
}

/** Adds buckets below the threshold to `into`. Gives the end of a populated bucket that the threshold lies in, or undefined. */
function swallow(buckets: CompensatedBuckets, schema: number, threshold: number, into: KahanSum): number | undefined {
  for (let at = 0; at < buckets.indexes.length; at++) {
    const index = buckets.indexes[at]!;
    if (exponentialBound(index - 1, schema) >= threshold) return undefined;
    into.add(buckets.counts[at]!);
    if (buckets.compensations !== undefined) into.add(buckets.compensations[at]!);
    const end = exponentialBound(index, schema);
    if (end > threshold) return buckets.counts[at] === 0 ? undefined : end;
  }
  return undefined;
}

/** The zero bucket of at least that threshold; inside a populated bucket the threshold moves on to that bucket's end. */
export function widerZero(zone: ZeroZone, least: number): WiderZero {
  if (least === zone.zeroThreshold)
    return { threshold: least, count: zone.zeroCount, compensation: zone.zeroCompensation };
  let threshold = least;
  for (;;) {
    const total = new KahanSum(zone.zeroCount, zone.zeroCompensation);
    threshold = swallow(zone.positive, zone.schema, threshold, total) ?? threshold;
    const further = swallow(zone.negative, zone.schema, threshold, total);
    if (further === undefined) return { threshold, count: total.sum, compensation: total.compensation };
    // The positive buckets have to be looked at again.
    threshold = further;
  }
}

/** Zero buckets of equal threshold for two histograms. */
export function sharedZero(a: ZeroZone, b: ZeroZone): { readonly a: WiderZero; readonly b: WiderZero } {
  let ofA = widerZero(a, a.zeroThreshold);
  let ofB = widerZero(b, b.zeroThreshold);
  // Each round ends at a bound of a bucket of one of the two, so there are no more rounds than buckets.
  while (ofA.threshold !== ofB.threshold) {
    if (ofA.threshold > ofB.threshold) ofB = widerZero(b, ofA.threshold);
    if (ofB.threshold > ofA.threshold) ofA = widerZero(a, ofB.threshold);
  }
  return { a: ofA, b: ofB };
}

/** Number of leading buckets that begin inside the zero bucket. */
export function insideZero({ indexes }: Buckets, schema: number, threshold: number): number {
  let at = 0;
  while (at < indexes.length && exponentialBound(indexes[at]! - 1, schema) < threshold) at++;
  return at;
}

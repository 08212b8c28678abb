// The buckets of one side of a histogram: a sparse list of indexes with their counts, ascending by index.
import { exponentialBound } from './bounds.ts';

export interface Buckets {
  /** Ascending. An index may be there with a count of zero. */
  readonly indexes: readonly number[];
  readonly counts: readonly number[];
}

export const NO_BUCKETS: Buckets = { indexes: [], counts: [] };

/** A run of buckets: the first offset is an index, later ones are gaps. */
export type Span = readonly [offset: number, length: number];

/**
 * Throws RangeError where spans and counts do not fit each other.
 * @public
 */
export function bucketsFromSpans(spans: readonly Span[], counts: readonly number[]): Buckets {
  const indexes: number[] = [];
  let index = 0;
  for (const [at, [offset, length]] of spans.entries()) {
    if (at > 0 && offset < 0) throw new RangeError(`span number ${at + 1} has the negative offset ${offset}`);
    index += offset;
    if (indexes.length + length > counts.length)
      throw new RangeError(`spans need more than the ${counts.length} buckets there are`);
    for (let each = 0; each < length; each++) indexes.push(index++);
  }
  if (indexes.length !== counts.length)
    throw new RangeError(`spans need ${indexes.length} buckets, there are ${counts.length}`);
  return { indexes, counts };
}

/** Number of runs of neighbouring buckets. */
export function spanCount({ indexes }: Buckets): number {
  const { length } = indexes;
  if (length === 0) return 0;
  if (length - 1 === indexes[length - 1]! - indexes[0]!) return 1;
  let count = 0;
  for (let at = 0; at < length; at++) if (at === 0 || indexes[at]! !== indexes[at - 1]! + 1) count++;
  return count;
}

/** Without buckets whose count is zero. */
export function withoutEmpty(buckets: Buckets): Buckets {
  const { indexes, counts } = buckets;
  let empty = 0;
  for (let at = 0; at < counts.length; at++) if (counts[at] === 0) empty++;
  if (empty === 0) return buckets;
  if (empty === counts.length) return NO_BUCKETS;
  const kept: { indexes: number[]; counts: number[] } = { indexes: [], counts: [] };
  for (let at = 0; at < counts.length; at++) {
    if (counts[at] === 0) continue;
    kept.indexes.push(indexes[at]!);
    kept.counts.push(counts[at]!);
  }
  return kept;
}

/** The index of a bucket after `steps` reductions of the schema by one. */
export function coarserIndex(index: number, steps: number): number {
  return steps > 31 ? (index > 0 ? 1 : 0) : ((index - 1) >> steps) + 1;
}

/** Buckets of a schema that is lower by `steps`. */
export function coarser(buckets: Buckets, steps: number): Buckets {
  if (steps === 0 || buckets.indexes.length === 0) return buckets;
  const indexes: number[] = [];
  const counts: number[] = [];
  for (let at = 0; at < buckets.indexes.length; at++) {
    const index = coarserIndex(buckets.indexes[at]!, steps);
    if (indexes.length > 0 && indexes[indexes.length - 1] === index) counts[counts.length - 1]! += buckets.counts[at]!;
    else {
      indexes.push(index);
      counts.push(buckets.counts[at]!);
    }
  }
  return { indexes, counts };
}

/** Place of the first bucket that reaches beyond the threshold of the zero bucket. */
export function firstBeyond({ indexes }: Buckets, schema: number, threshold: number): number {
  let at = 0;
  while (at < indexes.length && exponentialBound(indexes[at]!, schema) <= threshold) at++;
  return at;
}

/** a + factor × b, where the first `skipped` buckets of b do not count. */
export function merged(a: Buckets, b: Buckets, factor: 1 | -1, skipped: number): Buckets {
  if (b.indexes.length === skipped) return a;
  if (skipped === 0 && sameIndexes(a.indexes, b.indexes)) {
    const counts = a.counts.slice();
    for (let at = 0; at < counts.length; at++) counts[at]! += factor * b.counts[at]!;
    return { indexes: a.indexes, counts };
  }
  const indexes: number[] = [];
  const counts: number[] = [];
  let left = 0;
  let right = skipped;
  while (left < a.indexes.length || right < b.indexes.length) {
    const one = left < a.indexes.length ? a.indexes[left]! : Infinity;
    const other = right < b.indexes.length ? b.indexes[right]! : Infinity;
    indexes.push(Math.min(one, other));
    if (one < other) counts.push(a.counts[left++]!);
    else if (other < one) counts.push(factor * b.counts[right++]!);
    else counts.push(a.counts[left++]! + factor * b.counts[right++]!);
  }
  return { indexes, counts };
}

export function sameIndexes(a: readonly number[], b: readonly number[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}

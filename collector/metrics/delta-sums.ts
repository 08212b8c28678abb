// Makes cumulative values of delta ones: running totals per series, bounded, exact as long as every delta arrives in order.
import type { BoundCounts } from './histogram-buckets.ts';

/** Series with running totals, a few hundred bytes each, and the buckets of all of them, some fifty bytes each. */
const MAX_TOTALS = 50_000;
const MAX_BOUNDS = 1_000_000;
/** A series without a delta for this long may lose its total to a new one. */
const IDLE_MS = 5 * 60_000;

/** A running total. `sum` is a counter's value or a histogram's sum. */
export interface Total {
  startMs: number;
  lastMs: number;
  sum: number;
  count: number;
  counts: Map<number, number>;
}

/** What one delta adds. */
export interface Delta {
  readonly startMs: number;
  readonly tsMs: number;
  readonly sum: number;
  readonly count: number;
  readonly counts: BoundCounts | null;
  /** Bounds that only ever come from one lattice may be added to; others, once they change, begin a new total. */
  readonly boundsMayGrow: boolean;
}

export class DeltaSums {
  /** Least recently added to first. */
  readonly #totals = new Map<string, Total>();
  #bounds = 0;

  /** Adds a delta to its series. @returns the total, or why the delta is refused */
  add(identity: string, delta: Delta): Total | string {
    const known = this.#totals.get(identity);
    if (known !== undefined && delta.tsMs <= known.lastMs)
      return 'a delta is older than, or the same as, one of its series that was counted already';
    const full = this.#totals.size >= MAX_TOTALS || this.#bounds + (delta.counts?.size ?? 0) > MAX_BOUNDS;
    if (known === undefined && full && !this.#forgetIdle(delta.tsMs))
      return `more than ${MAX_TOTALS} series, or ${MAX_BOUNDS} buckets, with delta temporality`;
    const goesOn =
      known !== undefined && (delta.counts === null || delta.boundsMayGrow || sameBounds(known.counts, delta.counts));
    const total = goesOn
      ? known
      : { startMs: delta.startMs, lastMs: delta.tsMs, sum: 0, count: 0, counts: new Map<number, number>() };
    this.#bounds -= known?.counts.size ?? 0;
    total.lastMs = delta.tsMs;
    total.sum += delta.sum;
    total.count += delta.count;
    if (delta.counts !== null) addCounts(total, delta.counts);
    this.#bounds += total.counts.size;
    this.#totals.delete(identity);
    this.#totals.set(identity, total);
    return total;
  }

  #forgetIdle(nowMs: number): boolean {
    for (const [identity, total] of this.#totals) {
      if (nowMs - total.lastMs < IDLE_MS) return false;
      this.#totals.delete(identity);
      this.#bounds -= total.counts.size;
      return true;
    }
    return true;
  }
}

function sameBounds(known: BoundCounts, more: BoundCounts): boolean {
  if (known.size !== more.size) return false;
  for (const bound of more.keys()) if (!known.has(bound)) return false;
  return true;
}

function addCounts(total: Total, counts: BoundCounts): void {
  for (const [bound, count] of counts) total.counts.set(bound, (total.counts.get(bound) ?? 0) + count);
}

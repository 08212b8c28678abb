// Where every span of one shard has gone: each is in exactly one class at any time.

import { REJECTIONS } from './span-columns.ts';

/** Why accepted spans are let go without a decision. */
export const DROP_REASONS = ['buffer_full', 'internal_error', 'duplicate_span'] as const;
export const BUFFER_FULL = 0;
export const INTERNAL_ERROR = 1;
export const DUPLICATE_SPAN = 2;

export class SpanLedger {
  /** received = pending + kept + sampledOut + rejected + dropped, always. */
  received = 0;
  /** Buffered, not decided. */
  pending = 0;
  /** Handed on as kept; what became of them the store knows. */
  kept = 0;
  /** Per rule index; spans of dropped traces, late ones included. Holes are 0. */
  readonly sampledOut: number[] = [];
  /** Per entry of REJECTIONS. */
  readonly rejected = new Float64Array(REJECTIONS.length);
  /** Per entry of {@link DROP_REASONS}. */
  readonly dropped = new Float64Array(DROP_REASONS.length);
  /** Spans that came after their trace was decided (they are in one of the classes above, too). */
  late = 0;
  /** Of those: of dropped traces, and let go like them. */
  lateDropped = 0;

  sampleOut(rule: number, spans: number): void {
    this.sampledOut[rule] = (this.sampledOut[rule] ?? 0) + spans;
  }

  /** Rule numbers changed: `map[old]` = new. */
  renumberRules(map: Uint16Array): void {
    const counts = [...this.sampledOut.entries()];
    this.sampledOut.length = 0;
    // A list with holes yields undefined for them.
    for (const [rule, spans] of counts as [number, number | undefined][])
      if (spans !== undefined) this.sampleOut(map[rule] ?? 0, spans);
  }

  /** Spans in all classes. */
  accounted(): number {
    return this.pending + this.kept + sum(this.sampledOut) + sum(this.rejected) + sum(this.dropped);
  }

  /** Whether the sum holds: for tests and the self-check. */
  isBalanced(): boolean {
    return this.received === this.accounted();
  }
}

function sum(counts: Iterable<number>): number {
  // A list with holes yields undefined for them.
  return [...counts].reduce((total, count: number | undefined) => total + (count ?? 0), 0);
}

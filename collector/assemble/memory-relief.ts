// Which traces to decide early when the buffer is full: those that weigh most and have waited longest, those with their root first (a root is
// sent when it ends, so little is missing then), and not one more than needed.

import { HAS_ROOT, type TraceTable } from './trace-table.ts';

/** What a buffered span costs beside its bytes: its row of the span table. */
export const SPAN_OVERHEAD_BYTES = 64;
/** What a trace costs: its slot, its share of the index and of the deadline wheel. */
export const TRACE_OVERHEAD_BYTES = 96;
/** Impacts are counted in units of so many bytes: no trace weighs less than two. */
const UNIT_BYTES = 64;
/** A trace without its root is spared until others so much heavier are gone: what is to come may be the error that its rule asks for. */
const ROOT_IMPACT = 16;
/** 31 doublings in eight steps each: as exact as the choice need be. */
const STEPS = 32 * 8;

export class MemoryRelief {
  readonly #bytesAt = new Float64Array(STEPS);
  #threshold = 0;
  #cursor = 0;
  #end = 0;

  /** Chooses the traces whose decision frees at least `bytes`; {@link next} then hands them out. One pass over the table. */
  choose(table: TraceTable, nowMs: number, maxMs: number, bytes: number): void {
    this.#bytesAt.fill(0);
    for (let trace = 0; trace < table.highWater; trace++) {
      if (table.count[trace] !== 0) this.#bytesAt[step(table, trace, nowMs, maxMs)]! += weight(table, trace);
    }
    let sum = 0;
    let threshold = STEPS - 1;
    for (; threshold > 0; threshold--) {
      sum += this.#bytesAt[threshold]!;
      if (sum >= bytes) break;
    }
    this.#threshold = threshold;
    this.#cursor = 0;
    this.#end = table.highWater;
  }

  /** The next chosen trace, -1 when there is none left. */
  next(table: TraceTable, nowMs: number, maxMs: number): number {
    while (this.#cursor < this.#end) {
      const trace = this.#cursor++;
      if (table.count[trace] !== 0 && step(table, trace, nowMs, maxMs) >= this.#threshold) return trace;
    }
    return -1;
  }
}

function weight(table: TraceTable, trace: number): number {
  return table.bytes[trace]! + table.count[trace]! * SPAN_OVERHEAD_BYTES + TRACE_OVERHEAD_BYTES;
}

/** HOT: per trace. Impact = weight × (1 + quarters of the longest wait it has had) × 16 with its root, on a logarithmic scale: its highest bit, and the three below. */
function step(table: TraceTable, trace: number, nowMs: number, maxMs: number): number {
  const ageMs = Math.max(0, nowMs - table.firstSeenMs[trace]!);
  const isWhole = (table.flags[trace]! & HAS_ROOT) !== 0;
  const impact =
    weight(table, trace) * (1 + Math.floor((4 * ageMs) / Math.max(1, maxMs))) * (isWhole ? ROOT_IMPACT : 1);
  const units = Math.min(0x7fffffff, 8 + impact / UNIT_BYTES) | 0;
  const highest = 31 - Math.clz32(units);
  return highest * 8 + ((units >>> (highest - 3)) & 7);
}

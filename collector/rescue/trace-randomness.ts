// The randomness of a trace and the threshold it came with, from its trace states: what the rules decide by, read again for the ring.
import { HALF, randomnessHi, randomnessLo } from '../decide/threshold.ts';
import { findTraceState, ot, range, readOt } from '../decide/trace-state.ts';
import { MARK_TRACE_STATE } from '../model/span-table.ts';
import type { TraceView } from '../model/trace.ts';

export class TraceRandomness {
  hi = 0;
  lo = 0;
  /** The greatest `th` of its spans, 0 without one, or when its own randomness contradicts it. */
  upstreamHi = 0;
  upstreamLo = 0;

  /** HOT: per trace. The least explicit `rv`, else the low 56 bits of the id. */
  read(view: TraceView): void {
    const { spans, slabs } = view.memory;
    let explicitHi = HALF;
    let explicitLo = 0;
    let upstreamHi = 0;
    let upstreamLo = 0;
    for (let i = 0; i < view.count; i++) {
      const row = view.rows[i]!;
      if ((spans.marks[row]! & MARK_TRACE_STATE) === 0) continue;
      const bytes = slabs.bytes(spans.slab[row]!);
      const from = spans.offset[row]!;
      if (!findTraceState(bytes, from, from + spans.length[row]!)) continue;
      readOt(bytes, range.start, range.end);
      if (ot.randomnessHi >= 0 && isBelow(ot.randomnessHi, ot.randomnessLo, explicitHi, explicitLo)) {
        explicitHi = ot.randomnessHi;
        explicitLo = ot.randomnessLo;
      }
      if (ot.thresholdHi >= 0 && isBelow(upstreamHi, upstreamLo, ot.thresholdHi, ot.thresholdLo)) {
        upstreamHi = ot.thresholdHi;
        upstreamLo = ot.thresholdLo;
      }
    }
    this.hi = explicitHi < HALF ? explicitHi : randomnessHi(view.id2, view.id3);
    this.lo = explicitHi < HALF ? explicitLo : randomnessLo(view.id3);
    const contradicts = isBelow(this.hi, this.lo, upstreamHi, upstreamLo);
    this.upstreamHi = contradicts ? 0 : upstreamHi;
    this.upstreamLo = contradicts ? 0 : upstreamLo;
  }
}

/** HOT. */
export function isBelow(hi: number, lo: number, thanHi: number, thanLo: number): boolean {
  return hi < thanHi || (hi === thanHi && lo < thanLo);
}

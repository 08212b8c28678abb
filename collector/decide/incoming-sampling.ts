// What the spans of a trace say about sampling before it came here: its randomness, and the least that got through.
import type { TraceView } from '#collector/model/trace.ts';
import { MARK_TRACE_STATE } from '#collector/model/span-table.ts';
import { HALF, randomnessHi, randomnessLo } from './threshold.ts';
import { findTraceState, ot, range, readOt } from './trace-state.ts';

export class IncomingSampling {
  /** R: the explicit `rv` (the least, should spans disagree, so that their order does not matter), else the id's low 56 bits. */
  randomHi = 0;
  randomLo = 0;
  /** T: the greatest `th` of the spans that R is not below (another was no reason why the trace is here), and not below the T_min of overload; 0 without one. */
  thresholdHi = 0;
  thresholdLo = 0;

  /** HOT: per trace. */
  read(view: TraceView): void {
    const { spans, slabs } = view.memory;
    let explicitHi = HALF;
    let explicitLo = 0;
    let hi = 0;
    let lo = 0;
    for (let i = 0; i < view.count; i++) {
      const row = view.rows[i]!;
      if ((spans.marks[row]! & MARK_TRACE_STATE) === 0) continue;
      const bytes = slabs.bytes(spans.slab[row]!);
      const from = spans.offset[row]!;
      if (!findTraceState(bytes, from, from + spans.length[row]!)) continue;
      readOt(bytes, range.start, range.end);
      if (ot.randomnessHi >= 0 && (ot.randomnessHi < explicitHi || (ot.randomnessHi === explicitHi && ot.randomnessLo < explicitLo))) {
        explicitHi = ot.randomnessHi;
        explicitLo = ot.randomnessLo;
      }
      if (ot.thresholdHi > hi || (ot.thresholdHi === hi && ot.thresholdLo > lo)) {
        hi = ot.thresholdHi;
        lo = ot.thresholdLo;
      }
    }
    this.randomHi = explicitHi < HALF ? explicitHi : randomnessHi(view.id2, view.id3);
    this.randomLo = explicitHi < HALF ? explicitLo : randomnessLo(view.id3);
    const holds = this.randomHi > hi || (this.randomHi === hi && this.randomLo >= lo);
    this.thresholdHi = holds ? hi : 0;
    this.thresholdLo = holds ? lo : 0;
    if (view.leastHi <= this.thresholdHi) return;
    this.thresholdHi = view.leastHi;
    this.thresholdLo = 0;
  }
}

// What the spans of a trace say about sampling before it came here: its randomness, and the least that got through.
import type { TraceView } from '#collector/model/trace.ts';
import { MARK_TRACE_STATE } from '#collector/model/span-table.ts';
import { HALF, isBelow, randomnessHi, randomnessLo } from '#proto/model/threshold.ts';
import { TraceStateReader } from './trace-state.ts';

export class IncomingSampling {
  /** R: the explicit `rv` (the least, should spans disagree, so that their order does not matter), else the id's low 56 bits. */
  randomHi = 0;
  randomLo = 0;
  /** R was an `rv`. */
  isExplicit = false;
  /** The greatest `th` of the spans, 0 without one. */
  greatestHi = 0;
  greatestLo = 0;
  /** The least that got here: the greatest `th`, unless R is below it (then it was no reason why the trace is here), or the T_min of overload. */
  thresholdHi = 0;
  thresholdLo = 0;
  /** Sub-keys that were malformed and ignored. */
  malformed = 0;
  readonly #state = new TraceStateReader();

  /** HOT: per trace. */
  read(view: TraceView): void {
    const { spans, slabs } = view.memory;
    const state = this.#state;
    let explicitHi = HALF;
    let explicitLo = 0;
    let hi = 0;
    let lo = 0;
    let malformed = 0;
    for (let i = 0; i < view.count; i++) {
      const row = view.rows[i]!;
      if ((spans.marks[row]! & MARK_TRACE_STATE) === 0) continue;
      const bytes = slabs.bytes(spans.slab[row]!);
      const from = spans.offset[row]!;
      if (!state.find(bytes, from, from + spans.length[row]!)) continue;
      state.readOt(bytes, state.start, state.end);
      malformed += state.malformed;
      if (state.randomnessHi >= 0 && isBelow(state.randomnessHi, state.randomnessLo, explicitHi, explicitLo)) {
        explicitHi = state.randomnessHi;
        explicitLo = state.randomnessLo;
      }
      if (state.thresholdHi >= 0 && isBelow(hi, lo, state.thresholdHi, state.thresholdLo)) {
        hi = state.thresholdHi;
        lo = state.thresholdLo;
      }
    }
    this.malformed = malformed;
    this.greatestHi = hi;
    this.greatestLo = lo;
    this.isExplicit = explicitHi < HALF;
    this.randomHi = this.isExplicit ? explicitHi : randomnessHi(view.id2, view.id3);
    this.randomLo = this.isExplicit ? explicitLo : randomnessLo(view.id3);
    const contradicts = isBelow(this.randomHi, this.randomLo, hi, lo);
    this.thresholdHi = contradicts ? 0 : hi;
    this.thresholdLo = contradicts ? 0 : lo;
    if (view.leastHi <= this.thresholdHi) return;
    this.thresholdHi = view.leastHi;
    this.thresholdLo = 0;
  }
}

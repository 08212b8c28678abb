// `sampling.linked: producer`: the randomness of the trace that a trace's links point at, so that both are kept or both are not.
import { MARK_LINKS } from '#collector/model/span-table.ts';
import type { TraceView } from '#collector/model/trace.ts';
import { LinkReader } from '#collector/reconstruct/link-reader.ts';
import { LinkedRandomness } from './linked-randomness.ts';
import { HALF, randomnessHi, randomnessLo } from '#proto/model/threshold.ts';
import { TraceStateReader } from './trace-state.ts';

/**
 * Of several producers one is chosen, the same whatever came first, by what says nothing of its randomness (the last 7 bytes of its id):
 * the first 9 bytes of its id, then the span that is pointed at. A choice by randomness would be biased.
 */
export class ProducerRandomness {
  /** The randomness by which earlier traces were decided; the producer may be one of them. */
  readonly taken = new LinkedRandomness();
  /** R of the producer, halves of 28 bits: the `rv` in the link's tracestate (the least of several), else what the producer's own trace was decided by, else from its trace id. */
  hi = 0;
  lo = 0;
  readonly #links = new LinkReader();
  readonly #state = new TraceStateReader();
  readonly #best = new Float64Array(7);
  #found = false;

  /** HOT: per trace and span. false: no span of the trace links to another trace. */
  read(view: TraceView): boolean {
    this.#found = false;
    this.#walk(view, false);
    if (!this.#found) return false;
    this.hi = HALF;
    this.#walk(view, true);
    if (this.hi === HALF) {
      const id2 = this.#best[3]!;
      const id3 = this.#best[4]!;
      const taken = this.taken.find(this.#best[0]!, this.#best[1]!, id2, id3);
      this.hi = taken?.hi ?? randomnessHi(id2, id3);
      this.lo = taken?.lo ?? randomnessLo(id3);
    }
    this.taken.remember(view.id0, view.id1, view.id2, view.id3, { hi: this.hi, lo: this.lo });
    return true;
  }

  /** @param chosen the producer is known, and links to it are asked for its `rv` */
  #walk({ rows, count, memory, id0, id1, id2, id3 }: TraceView, chosen: boolean): void {
    const links = this.#links;
    for (let i = 0; i < count; i++) {
      const row = rows[i]!;
      if ((memory.spans.marks[row]! & MARK_LINKS) === 0) continue;
      links.open(memory, row);
      while (links.next()) {
        if (
          !links.valid ||
          (links.id0 === id0 >>> 0 && links.id1 === id1 >>> 0 && links.id2 === id2 >>> 0 && links.id3 === id3 >>> 0)
        )
          continue;
        if (chosen) this.#readState();
        else this.#consider();
      }
    }
  }

  #consider(): void {
    const { id0, id1, id2, id3, spanHi, spanLo } = this.#links;
    const best = this.#best;
    if (this.#found) {
      const order =
        id0 - best[0]! ||
        id1 - best[1]! ||
        (id2 >>> 24) - best[2]! ||
        spanHi - best[5]! ||
        spanLo - best[6]! ||
        id2 - best[3]! ||
        id3 - best[4]!;
      if (order >= 0) return;
    }
    this.#found = true;
    best[0] = id0;
    best[1] = id1;
    best[2] = id2 >>> 24;
    best[3] = id2;
    best[4] = id3;
    best[5] = spanHi;
    best[6] = spanLo;
  }

  #readState(): void {
    const { id0, id1, id2, id3, stateBytes, stateFrom, stateTo } = this.#links;
    const best = this.#best;
    if (stateTo === stateFrom || id3 !== best[4] || id2 !== best[3] || id1 !== best[1] || id0 !== best[0]) return;
    this.#state.readOt(stateBytes, stateFrom, stateTo);
    const { randomnessHi: hi, randomnessLo: lo } = this.#state;
    if (hi < 0 || hi > this.hi || (hi === this.hi && lo >= this.lo)) return;
    this.hi = hi;
    this.lo = lo;
  }
}

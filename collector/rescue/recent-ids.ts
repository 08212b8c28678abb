// Trace ids that error logs or links named before their trace was decided: looked up at the decision. Two
// generations of fixed size; when the younger is full the older is forgotten whole.
import { traceIdHash } from '#proto/model/hash.ts';

/** Ids per generation: at 1,000 error logs a second the last half minute. */
const CAPACITY = 32_768;
const SLOTS = CAPACITY * 2;

class Generation {
  readonly ids = new Int32Array(SLOTS * 4);
  /** What named it, as bits; 0 = the slot is free. */
  readonly bits = new Uint8Array(SLOTS);
  used = 0;
}

export class RecentIds {
  #younger = new Generation();
  #older = new Generation();
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed | 0;
  }

  get size(): number {
    return this.#younger.used + this.#older.used;
  }

  add(id0: number, id1: number, id2: number, id3: number, bits: number): void {
    if (this.#younger.used >= CAPACITY) {
      const emptied = this.#older;
      this.#older = this.#younger;
      this.#younger = emptied;
      emptied.bits.fill(0);
      emptied.used = 0;
    }
    const { ids, bits: mentions } = this.#younger;
    const slot = this.#slot(this.#younger, id0, id1, id2, id3);
    if (mentions[slot] === 0) {
      ids.set([id0, id1, id2, id3], slot * 4);
      this.#younger.used++;
    }
    mentions[slot]! |= bits;
  }

  /** HOT: per decision. All that named the trace, 0 for nothing. */
  bitsOf(id0: number, id1: number, id2: number, id3: number): number {
    let bits = 0;
    if (this.#younger.used > 0) bits = this.#younger.bits[this.#slot(this.#younger, id0, id1, id2, id3)]!;
    if (this.#older.used > 0) bits |= this.#older.bits[this.#slot(this.#older, id0, id1, id2, id3)]!;
    return bits;
  }

  /** HOT. The slot of the id, or the free one where it would stand. */
  #slot({ ids, bits }: Generation, id0: number, id1: number, id2: number, id3: number): number {
    let slot = traceIdHash(id0, id1, id2, id3, this.#seed) & (SLOTS - 1);
    while (bits[slot] !== 0) {
      const at = slot * 4;
      if (ids[at] === (id0 | 0) && ids[at + 1] === (id1 | 0) && ids[at + 2] === (id2 | 0) && ids[at + 3] === (id3 | 0))
        return slot;
      slot = (slot + 1) & (SLOTS - 1);
    }
    return slot;
  }
}

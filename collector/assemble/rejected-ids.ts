// Trace ids of the spans rejected last, so that "where is my trace?" has an answer for them, too. A bounded ring: the oldest is forgotten.

/** 20 bytes each. A client that sends only bad spans fills it with its newest ones. */
const CAPACITY = 4096;

export class RejectedIds {
  readonly #ids = new Int32Array(CAPACITY * 4);
  readonly #reasons = new Uint8Array(CAPACITY);
  #noted = 0;

  /** Of spans in a row that share trace and reason one is noted. */
  note(id0: number, id1: number, id2: number, id3: number, reason: number): void {
    if (
      this.#noted > 0 &&
      this.#is((this.#noted - 1) % CAPACITY, id0, id1, id2, id3) &&
      this.#reasons[(this.#noted - 1) % CAPACITY] === reason
    )
      return;
    const slot = this.#noted++ % CAPACITY;
    this.#ids.set([id0, id1, id2, id3], slot * 4);
    this.#reasons[slot] = reason;
  }

  /** How many have been noted: hand it to {@link back} to take back what came since. */
  get noted(): number {
    return this.#noted;
  }

  back(noted: number): void {
    this.#noted = noted;
  }

  /** Why spans of the trace were rejected; empty when none is remembered. Slow: for a person's question. */
  reasonsOf(id0: number, id1: number, id2: number, id3: number): Set<number> {
    const reasons = new Set<number>();
    for (let slot = 0; slot < Math.min(this.#noted, CAPACITY); slot++)
      if (this.#is(slot, id0 | 0, id1 | 0, id2 | 0, id3 | 0)) reasons.add(this.#reasons[slot]!);
    return reasons;
  }

  #is(slot: number, id0: number, id1: number, id2: number, id3: number): boolean {
    const at = slot * 4;
    return this.#ids[at] === id0 && this.#ids[at + 1] === id1 && this.#ids[at + 2] === id2 && this.#ids[at + 3] === id3;
  }
}

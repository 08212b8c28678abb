// Remembers recent producer spans by trace and span id, so that a consumer linked to one gives an edge and a lag, whatever became of
// the producer's trace. A ring: the newest `capacity` producers, at most 56 bytes each.

/** Words of an entry: trace id 4, span id 2, service, destination, end time 2 (halves of Unix ns), next in chain, spare 1. */
const WORDS = 12;
const NEXT = 10;

export class ProducerMemory {
  readonly capacity: number;
  /** Producers forgotten to make room. */
  evicted = 0;
  #count = 0;
  readonly #entries: Int32Array;
  readonly #heads: Int32Array;
  readonly #mask: number;

  /** @param capacity producers remembered; 48 bytes and 4 to 8 of the index each, so a million are 56 MB at most */
  constructor(capacity: number) {
    this.capacity = capacity;
    let buckets = 16;
    while (buckets < capacity) buckets *= 2;
    this.#mask = buckets - 1;
    this.#heads = new Int32Array(buckets).fill(-1);
    this.#entries = new Int32Array(capacity * WORDS);
  }

  /** Bytes held at most. */
  get bytes(): number {
    return this.#entries.byteLength + this.#heads.byteLength;
  }

  /** HOT: remembers a producer; one that is known already is left as it is. */
  add(t0: number, t1: number, t2: number, t3: number, spanHi: number, spanLo: number, service: number, destination: number, endHi: number, endLo: number): void {
    if (this.find(t0, t1, t2, t3, spanHi, spanLo) >= 0) return;
    const entry = this.#count % this.capacity;
    if (this.#count >= this.capacity) this.#forget(entry);
    this.#count++;
    const words = this.#entries;
    const at = entry * WORDS;
    words[at] = t0;
    words[at + 1] = t1;
    words[at + 2] = t2;
    words[at + 3] = t3;
    words[at + 4] = spanHi;
    words[at + 5] = spanLo;
    words[at + 6] = service;
    words[at + 7] = destination;
    words[at + 8] = endHi;
    words[at + 9] = endLo;
    const bucket = this.#bucket(t3, spanHi, spanLo);
    words[at + NEXT] = this.#heads[bucket]!;
    this.#heads[bucket] = entry;
  }

  /** HOT: entry of a producer, -1 when it is not (or no longer) known. */
  find(t0: number, t1: number, t2: number, t3: number, spanHi: number, spanLo: number): number {
    const words = this.#entries;
    let entry = this.#heads[this.#bucket(t3, spanHi, spanLo)]!;
    while (entry >= 0) {
      const at = entry * WORDS;
      if (words[at + 5] === (spanLo | 0) && words[at + 4] === (spanHi | 0) && words[at + 3] === (t3 | 0) && words[at + 2] === (t2 | 0) && words[at + 1] === (t1 | 0) && words[at] === (t0 | 0)) {
        return entry;
      }
      entry = words[at + NEXT]!;
    }
    return -1;
  }

  /** Service of an entry, as the slot it was added with; destination likewise. */
  serviceOf(entry: number): number {
    return this.#entries[entry * WORDS + 6]!;
  }

  destinationOf(entry: number): number {
    return this.#entries[entry * WORDS + 7]!;
  }

  /** ns from the end of the producer span to a time given in halves of Unix ns; negative when clocks disagree. */
  lagNs(entry: number, hi: number, lo: number): number {
    const at = entry * WORDS;
    return (hi - (this.#entries[at + 8]! >>> 0)) * 4_294_967_296 + (lo - (this.#entries[at + 9]! >>> 0));
  }

  #bucket(t3: number, spanHi: number, spanLo: number): number {
    let h = Math.imul(spanHi ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(spanLo, 0xc2b2ae35) ^ Math.imul(t3, 0x27d4eb2f);
    h ^= h >>> 15;
    h = Math.imul(h, 0x2c1b3c6d);
    return (h ^ (h >>> 13)) & this.#mask;
  }

  #forget(entry: number): void {
    const words = this.#entries;
    const at = entry * WORDS;
    const bucket = this.#bucket(words[at + 3]!, words[at + 4]!, words[at + 5]!);
    let other = this.#heads[bucket]!;
    if (other === entry) this.#heads[bucket] = words[at + NEXT]!;
    else {
      while (other >= 0 && words[other * WORDS + NEXT] !== entry) other = words[other * WORDS + NEXT]!;
      if (other >= 0) words[other * WORDS + NEXT] = words[at + NEXT]!;
    }
    this.evicted++;
  }
}

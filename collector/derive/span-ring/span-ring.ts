// Remembers recent spans by trace and span id, so that a span that refers to one later finds its service and its end, whatever became of its
// trace. A ring: the newest `capacity` spans, at most 56 bytes each.
import { TWO_32 } from '#proto/model/halves.ts';
import type { SpanIds } from '#proto/model/ids.ts';
import { hasIds, idsHash, writeIds } from './ids-in-words.ts';

/** Words of an entry: trace id 4, span id 2, service, destination, end time 2 (halves of Unix ns), number of the next in its chain, spare 1. */
const WORDS = 12;
const NEXT = 10;
/** Number of no entry. Numbers go round at 2^32: the one entry that then has this number is not found, which nobody notices. */
const NONE = 0;

export class SpanRing {
  readonly capacity: number;
  /** Spans forgotten to make room. */
  evicted = 0;
  /** Entry number n is at slot (n - 1) modulo the capacity; a chain ends where a number is too old to be in the ring. */
  #last = 0;
  #size = 0;
  readonly #entries: Int32Array;
  readonly #heads: Int32Array;
  readonly #mask: number;

  /** @param capacity at least as many spans are remembered (rounded up to a power of two); 52 bytes each, so a million are 54 MB */
  constructor(capacity: number) {
    let slots = 16;
    while (slots < capacity) slots *= 2;
    this.capacity = slots;
    this.#mask = slots - 1;
    this.#heads = new Int32Array(slots);
    this.#entries = new Int32Array(slots * WORDS);
  }

  /** HOT: remembers a span; one that is known already is left as it is. */
  add(ids: SpanIds, service: number, destination: number, endHi: number, endLo: number): void {
    const bucket = idsHash(ids) & this.#mask;
    const head = this.#heads[bucket]!;
    if (this.#find(head, ids) >= 0) return;
    if (this.#size === this.capacity) this.evicted++;
    else this.#size++;
    const number = (this.#last + 1) | 0;
    this.#last = number;
    this.#heads[bucket] = number;
    const words = this.#entries;
    const at = ((number - 1) & this.#mask) * WORDS;
    writeIds(words, at, ids);
    words[at + 6] = service;
    words[at + 7] = destination;
    words[at + 8] = endHi;
    words[at + 9] = endLo;
    words[at + NEXT] = head;
  }

  /** HOT: entry of a span, -1 when it is not (or no longer) known. */
  find(ids: SpanIds): number {
    return this.#find(this.#heads[idsHash(ids) & this.#mask]!, ids);
  }

  /** Service of an entry, as the slot it was added with; destination likewise. */
  serviceOf(entry: number): number {
    return this.#entries[entry * WORDS + 6]!;
  }

  destinationOf(entry: number): number {
    return this.#entries[entry * WORDS + 7]!;
  }

  /** ns from the end of the span to a time given in halves of Unix ns; negative when clocks disagree. */
  lagNs(entry: number, hi: number, lo: number): number {
    const at = entry * WORDS;
    return (hi - (this.#entries[at + 8]! >>> 0)) * TWO_32 + (lo - (this.#entries[at + 9]! >>> 0));
  }

  /** HOT */
  #find(from: number, ids: SpanIds): number {
    const words = this.#entries;
    for (let number = from; number !== NONE && (this.#last - number) >>> 0 < this.capacity;) {
      const entry = (number - 1) & this.#mask;
      if (hasIds(words, entry * WORDS, ids)) return entry;
      number = words[entry * WORDS + NEXT]!;
    }
    return -1;
  }
}

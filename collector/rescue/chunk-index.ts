// Finds the pieces (chunks) of a trace in the rescue ring by its id. Entries are made and forgotten in one order, oldest first, so they
// stand in a circle of fixed size, chained by hash from newer to older: nothing is ever deleted, what fell out of the circle ends a chain.
import type { TraceIdWords } from '#proto/model/ids.ts';
import { traceIdHash } from '#proto/model/hash.ts';

/** Flags of a trace, kept at its first entry. */
const CHUNK_FIRST = 1;
/** The trace was kept: the entry stands for its place in time, there are no bytes. */
export const CHUNK_KEPT = 2;
/** A rule with a condition and keep: 0% dropped it: only a person brings it back. */
export const CHUNK_FINAL = 4;
/** Brought back already, or its bytes are not whole. */
export const CHUNK_GONE = 8;

/** {@link ChunkIndex.find}: not there. */
export const NO_ENTRY = -1;
/** Pieces of one trace: late spans come one by one, and a chain that never ends would be a weapon. */
const MAX_CHUNKS_PER_TRACE = 4096;
/** Bytes an entry takes, with its bucket. */
export const INDEX_ENTRY_BYTES = 51;

export class ChunkIndex {
  readonly capacity: number;
  /** Entries that are alive. */
  size = 0;
  /** First entries among them, those of kept traces left out. */
  traces = 0;
  /** The place of an entry's bytes: number of its segment, and the word at which the chunk starts there. */
  readonly segment: Uint32Array;
  readonly word: Uint32Array;
  readonly flags: Uint8Array;
  /** Threshold that whoever sampled before us told, halves. */
  readonly upstreamHi: Uint32Array;
  readonly upstreamLo: Uint32Array;
  readonly #ids: Int32Array;
  /** Entry numbers, modulo 2^32. */
  readonly #heads: Uint32Array;
  readonly #older: Uint32Array;
  readonly #before: Uint32Array;
  readonly #first: Uint32Array;
  readonly #ordinal: Uint16Array;
  readonly #seed: number;
  /** Number of the next entry, modulo 2^32. */
  #next = 1;

  /** @param capacity a power of two; memory that was never used costs nothing */
  constructor(capacity: number, seed: number) {
    this.capacity = capacity;
    this.segment = new Uint32Array(capacity);
    this.word = new Uint32Array(capacity);
    this.flags = new Uint8Array(capacity);
    this.upstreamHi = new Uint32Array(capacity);
    this.upstreamLo = new Uint32Array(capacity);
    this.#ids = new Int32Array(capacity * 4);
    this.#heads = new Uint32Array(capacity);
    this.#older = new Uint32Array(capacity);
    this.#before = new Uint32Array(capacity);
    this.#first = new Uint32Array(capacity);
    this.#ordinal = new Uint16Array(capacity);
    this.#seed = seed | 0;
  }

  /** Number of the next entry: what is older than a remembered one was made before. */
  get next(): number {
    return this.#next;
  }

  /** HOT: per late span of a dropped trace. Slot of the newest entry of the trace, or {@link NO_ENTRY}. */
  find(id0: number, id1: number, id2: number, id3: number): number {
    if (this.size === 0) return NO_ENTRY;
    const ids = this.#ids;
    const mask = this.capacity - 1;
    let entry = this.#heads[this.#bucket(id0, id1, id2, id3)]!;
    let reach = 0;
    while (true) {
      const distance = (this.#next - entry) >>> 0;
      // Chains go from newer to older; a number that does not is what an overwritten entry left behind.
      if (distance > this.size || distance <= reach) return NO_ENTRY;
      reach = distance;
      const slot = entry & mask;
      const at = slot * 4;
      if (ids[at + 3] === (id3 | 0) && ids[at + 2] === (id2 | 0) && ids[at + 1] === (id1 | 0) && ids[at] === (id0 | 0))
        return slot;
      entry = this.#older[slot]!;
    }
  }

  /** Slot of the first entry of the trace that `slot` belongs to; {@link NO_ENTRY} when it is forgotten. */
  firstOf(slot: number): number {
    const first = this.#first[slot]!;
    return this.#isAlive(first) ? first & (this.capacity - 1) : NO_ENTRY;
  }

  /** Slots of all entries of the trace, oldest first. The first one MUST be alive. */
  chunksOf(slot: number): number[] {
    const mask = this.capacity - 1;
    const slots = [slot];
    const first = this.firstOf(slot);
    let at = slot;
    while (at !== first) {
      at = this.#before[at]! & mask;
      slots.push(at);
    }
    return slots.reverse();
  }

  get isFull(): boolean {
    return this.size >= this.capacity;
  }

  /**
   * HOT: per dropped trace. Adds an entry; the index MUST not be full.
   * @param after slot of the newest entry of the same trace, {@link NO_ENTRY} for its first
   * @returns its slot, or {@link NO_ENTRY} when the trace has too many
   */
  add({ id0, id1, id2, id3 }: TraceIdWords, segment: number, word: number, after: number): number {
    const mask = this.capacity - 1;
    if (after >= 0 && this.#ordinal[after]! >= MAX_CHUNKS_PER_TRACE) return NO_ENTRY;
    const entry = this.#next;
    const slot = entry & mask;
    const bucket = this.#bucket(id0, id1, id2, id3);
    const at = slot * 4;
    this.#ids[at] = id0;
    this.#ids[at + 1] = id1;
    this.#ids[at + 2] = id2;
    this.#ids[at + 3] = id3;
    this.#older[slot] = this.#heads[bucket]!;
    this.#heads[bucket] = entry;
    this.segment[slot] = segment;
    this.word[slot] = word;
    this.flags[slot] = after < 0 ? CHUNK_FIRST : 0;
    this.#first[slot] = after < 0 ? entry : this.#first[after]!;
    this.#ordinal[slot] = after < 0 ? 0 : this.#ordinal[after]! + 1;
    if (after >= 0) this.#before[slot] = this.#numberOf(after);
    this.upstreamHi[slot] = 0;
    this.upstreamLo[slot] = 0;
    this.#next = (entry + 1) >>> 0;
    this.size++;
    return slot;
  }

  /** Forgets all entries older than that number. @returns nothing; {@link traces} follows */
  forgetBefore(entry: number): void {
    const mask = this.capacity - 1;
    let oldest = (this.#next - this.size) >>> 0;
    while (oldest !== entry && this.size > 0) {
      if ((this.flags[oldest & mask]! & (CHUNK_FIRST | CHUNK_KEPT | CHUNK_GONE)) === CHUNK_FIRST) this.traces--;
      oldest = (oldest + 1) >>> 0;
      this.size--;
    }
  }

  #isAlive(entry: number): boolean {
    const distance = (this.#next - entry) >>> 0;
    return distance > 0 && distance <= this.size;
  }

  /** The number of a live slot. */
  #numberOf(slot: number): number {
    const mask = this.capacity - 1;
    const newest = (this.#next - 1) & mask;
    return (this.#next - 1 - ((newest - slot) & mask)) >>> 0;
  }

  /** HOT. */
  #bucket(id0: number, id1: number, id2: number, id3: number): number {
    return traceIdHash(id0, id1, id2, id3, this.#seed) & (this.capacity - 1);
  }
}

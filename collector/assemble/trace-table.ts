// The traces being assembled: 128-bit id → slot by open addressing, and what each slot knows about its trace, as columns.
// The hash is seeded, so that nobody can send ids that all meet in one place; deletion shifts back, so no tombstones pile up.
import { seedOf, traceIdHash } from '#proto/model/hash.ts';

/** No trace, no slot. */
export const NO_TRACE = -1;

/** Bits of {@link TraceTable.flags}. */
export const HAS_ROOT = 1;
/** The trace was decided before; these are its late spans. */
export const IS_LATE = 2;
/** No completeness check until another span comes: the last one found parents missing. */
export const CHECKED = 4;
/** Whole, and waiting for the end of its window of decisions. */
export const IS_HELD = 8;
/** Dropped before, and back with all its spans; goes with {@link IS_LATE}. */
export const IS_BACK = 16;
/** Spans of it were decided before, although nothing else is known of that. */
export const HAS_PAST = 32;

export class TraceTable {
  readonly capacity: number;
  /** Traces in the table. */
  size = 0;
  /** Slots [0, highWater) have been in use at some time. */
  highWater = 0;
  readonly id0: Int32Array;
  readonly id1: Int32Array;
  readonly id2: Int32Array;
  readonly id3: Int32Array;
  /** Chain of rows of the span table in arrival order. */
  readonly firstRow: Int32Array;
  readonly lastRow: Int32Array;
  /** Spans; 0 for a free slot. */
  readonly count: Uint32Array;
  /** Bytes of the span messages. */
  readonly bytes: Float64Array;
  /** Collector clock, ms: first span, last span, first span without parent. */
  readonly firstSeenMs: Float64Array;
  readonly lastSeenMs: Float64Array;
  readonly rootSeenMs: Float64Array;
  readonly flags: Uint8Array;
  /** Which ResourceSpans its last span came in, counted over all requests. */
  readonly batch: Uint32Array;
  /** High half of the T_min in force when its first span came; 0 = none. */
  readonly leastHi: Uint32Array;
  /** Copies of its spans that came while it was buffered. */
  readonly copies: Uint32Array;
  /** Slot + 1 per bucket, 0 = empty: untouched pages stay unused. */
  readonly #index: Int32Array;
  readonly #mask: number;
  readonly #seed: number;
  readonly #freeNext: Int32Array;
  #free = NO_TRACE;

  /**
   * @param capacity most traces at a time
   * @param seed 32 random bits
   */
  constructor(capacity: number, seed: number) {
    this.capacity = capacity;
    this.id0 = new Int32Array(capacity);
    this.id1 = new Int32Array(capacity);
    this.id2 = new Int32Array(capacity);
    this.id3 = new Int32Array(capacity);
    this.firstRow = new Int32Array(capacity);
    this.lastRow = new Int32Array(capacity);
    this.count = new Uint32Array(capacity);
    this.bytes = new Float64Array(capacity);
    this.firstSeenMs = new Float64Array(capacity);
    this.lastSeenMs = new Float64Array(capacity);
    this.rootSeenMs = new Float64Array(capacity);
    this.flags = new Uint8Array(capacity);
    this.leastHi = new Uint32Array(capacity);
    this.copies = new Uint32Array(capacity);
    this.batch = new Uint32Array(capacity);
    this.#freeNext = new Int32Array(capacity);
    let buckets = 16;
    while (buckets < capacity * 2) buckets *= 2;
    this.#index = new Int32Array(buckets);
    this.#mask = buckets - 1;
    this.#seed = seedOf(seed, 0x3c6ef372);
  }

  /** HOT: per span. Slot of the trace, or {@link NO_TRACE}. Ids as signed 32-bit words. */
  find(id0: number, id1: number, id2: number, id3: number): number {
    let bucket = this.#bucketOf(id0, id1, id2, id3);
    for (;;) {
      const slot = this.#index[bucket]! - 1;
      if (slot < 0) return NO_TRACE;
      if (this.id3[slot] === id3 && this.id2[slot] === id2 && this.id1[slot] === id1 && this.id0[slot] === id0)
        return slot;
      bucket = (bucket + 1) & this.#mask;
    }
  }

  /** HOT: per trace. A slot for an id that is not there yet; {@link NO_TRACE} when the table is full. Its chain is empty. */
  add(id0: number, id1: number, id2: number, id3: number, nowMs: number): number {
    let slot = this.#free;
    if (slot !== NO_TRACE) this.#free = this.#freeNext[slot]!;
    else if (this.highWater < this.capacity) slot = this.highWater++;
    else return NO_TRACE;
    let bucket = this.#bucketOf(id0, id1, id2, id3);
    while (this.#index[bucket] !== 0) bucket = (bucket + 1) & this.#mask;
    this.#index[bucket] = slot + 1;
    this.id0[slot] = id0;
    this.id1[slot] = id1;
    this.id2[slot] = id2;
    this.id3[slot] = id3;
    this.firstRow[slot] = -1;
    this.lastRow[slot] = -1;
    this.count[slot] = 0;
    this.bytes[slot] = 0;
    this.firstSeenMs[slot] = nowMs;
    this.lastSeenMs[slot] = nowMs;
    this.rootSeenMs[slot] = 0;
    this.flags[slot] = 0;
    this.leastHi[slot] = 0;
    this.copies[slot] = 0;
    this.size++;
    return slot;
  }

  /** HOT: per trace. Whether slot still is the trace with this id. */
  is(slot: number, id0: number, id1: number, id2: number, id3: number): boolean {
    return this.id3[slot] === id3 && this.id2[slot] === id2 && this.id1[slot] === id1 && this.id0[slot] === id0;
  }

  /** HOT: per trace. */
  remove(slot: number): void {
    const mask = this.#mask;
    const index = this.#index;
    let hole = this.#bucketOf(this.id0[slot]!, this.id1[slot]!, this.id2[slot]!, this.id3[slot]!);
    while (index[hole] !== slot + 1) hole = (hole + 1) & mask;
    // Close the hole: an entry further on moves back when its own bucket is not behind the hole.
    let at = hole;
    for (;;) {
      at = (at + 1) & mask;
      const other = index[at]! - 1;
      if (other < 0) break;
      const home = this.#bucketOf(this.id0[other]!, this.id1[other]!, this.id2[other]!, this.id3[other]!);
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      index[hole] = other + 1;
      hole = at;
    }
    index[hole] = 0;
    this.count[slot] = 0;
    // No trace has an id of zeros: nothing matches a free slot.
    this.id0[slot] = 0;
    this.id1[slot] = 0;
    this.id2[slot] = 0;
    this.id3[slot] = 0;
    this.#freeNext[slot] = this.#free;
    this.#free = slot;
    this.size--;
  }

  #bucketOf(id0: number, id1: number, id2: number, id3: number): number {
    return traceIdHash(id0, id1, id2, id3, this.#seed) & this.#mask;
  }
}

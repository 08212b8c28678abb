// The last of what was dropped: a ring of segments, raw first, then compressed, then (if so configured) on disk, then gone, oldest first.
// Under load it takes only traces of high randomness, so that those it takes stay for the least horizon: what is brought back from
// it for its own sake has a known probability, like everything else that is kept (see docs/rescue.md).
import type { SpanMemory, TraceView } from '../model/trace.ts';
import type { SpanColumns } from '../assemble/span-columns.ts';
import { Admission } from './admission.ts';
import { ChunkIndex, CHUNK_GONE, CHUNK_KEPT, INDEX_ENTRY_BYTES, NO_ENTRY } from './chunk-index.ts';
import type { ChunkPlace } from './rescued-request.ts';
import { PACK_BYTES_PER_SECOND, SegmentStore, type RingSegment, type SegmentStoreOptions } from './segment-store.ts';
import { SegmentWriter, type SegmentMemory } from './segment-writer.ts';

/** Index entries per byte of ring: a dropped trace of one compressed span takes about so much. */
const BYTES_PER_ENTRY = 128;
/** On disk there is more room than memory for an index of small traces. */
const DISK_BYTES_PER_ENTRY = 512;
const LEAST_ENTRIES = 1024;
const MOST_ENTRIES = 4_194_304;
/** Part of the least horizon after which a threshold is looked at again, though the segment is not full. */
const STALE_SHARE = 1 / 8;
/** A larger trace would be most of what the ring holds. */
const TRACE_SHARE = 1 / 8;

export interface RescueRingOptions extends Omit<SegmentStoreOptions, 'overheadBytes'> {
  /** Under load the ring takes so few traces that they stay this long. */
  readonly leastHorizonMs: number;
  /** 32 random bits. */
  readonly seed: number;
}

export class RescueRing {
  readonly index: ChunkIndex;
  /** Dropped traces that were not taken: larger than an eighth of the ring, or of spans larger than a segment. */
  oversized = 0;
  readonly #memory: SpanMemory;
  readonly #options: RescueRingOptions;
  readonly #store: SegmentStore;
  readonly #writer: SegmentWriter;
  readonly #admission: Admission;
  #open: RingSegment | undefined;
  /** The chunk of late spans at the very end of the open segment: its entry, and the words up to its end. */
  #lastLate = NO_ENTRY;
  /** Of the late span in hand. */
  readonly #lateId = { id0: 0, id1: 0, id2: 0, id3: 0 };
  #lastLateEnd = 0;

  constructor(memory: SpanMemory, options: RescueRingOptions) {
    this.#memory = memory;
    this.#options = options;
    const wanted = options.maxBytes / BYTES_PER_ENTRY + options.diskBytes / DISK_BYTES_PER_ENTRY;
    const entries = Math.min(MOST_ENTRIES, Math.max(LEAST_ENTRIES, 2 ** Math.floor(Math.log2(wanted))));
    this.index = new ChunkIndex(entries, options.seed);
    this.#store = new SegmentStore({ ...options, overheadBytes: () => this.index.size * INDEX_ENTRY_BYTES });
    this.#admission = new Admission(options.leastHorizonMs, PACK_BYTES_PER_SECOND);
    this.#writer = new SegmentWriter(memory.resources, memory.scopes);
  }

  /** Segments, oldest first. */
  get segments(): readonly RingSegment[] {
    return this.#store.segments;
  }

  get bytes(): number {
    return this.#store.heldBytes + this.index.size * INDEX_ENTRY_BYTES;
  }

  get diskBytes(): number {
    return this.#store.diskBytes;
  }

  /** How far back dropped traces are still here, ms. */
  horizonMs(nowMs: number): number {
    const oldest = this.#store.segments[0];
    return oldest === undefined ? 0 : Math.max(0, nowMs - oldest.openedMs);
  }

  /** High half of the least randomness that is taken in now. */
  get leastHi(): number {
    return this.#open?.leastHi ?? 0;
  }

  /** Whether the trace is small enough to be taken, were it dropped. */
  takes(view: TraceView): boolean {
    return view.payloadBytes <= this.#options.maxBytes * TRACE_SHARE;
  }

  /**
   * HOT: per dropped trace. Takes a trace whose randomness is high enough; whether it did.
   * @param flags CHUNK_FINAL or 0; @param randomHi high half of its randomness
   */
  add(view: TraceView, flags: number, randomHi: number, nowMs: number): number {
    if (!this.takes(view)) {
      this.oversized++;
      return NO_ENTRY;
    }
    const { spans, slabs, resources } = this.#memory;
    const writer = this.#writer;
    let entry = NO_ENTRY;
    let isFresh = false;
    for (let i = 0; i < view.count;) {
      const segment = this.#ready(nowMs);
      if (entry === NO_ENTRY && randomHi < segment.leastHi) return NO_ENTRY;
      const word = writer.begin(view.id0, view.id1, view.id2, view.id3, nowMs);
      for (; i < view.count; i++) {
        const row = view.rows[i]!;
        const resource = spans.resource[row]!;
        const bytes = slabs.bytes(spans.slab[row]!);
        if (!writer.span(bytes, spans, row, resources.service[resource]!)) break;
      }
      writer.end();
      if (writer.spans > 0) {
        const isFirst = entry === NO_ENTRY;
        entry = this.index.add(view, segment.number, word, entry);
        if (isFirst) {
          this.index.flags[entry]! |= flags;
          this.index.traces++;
        }
      } else if (isFresh) {
        // Not even a segment of its own holds the span.
        this.oversized++;
        if (entry !== NO_ENTRY) this.gone(entry);
        this.#close(nowMs);
        return NO_ENTRY;
      }
      if (i === view.count) break;
      this.#close(nowMs);
      isFresh = true;
    }
    return entry;
  }

  /** HOT: per trace that is kept for a part of its kind: its place in time, so that what comes late is judged as for a dropped one. */
  note(view: TraceView, randomHi: number, nowMs: number): number {
    if (!this.takes(view)) return NO_ENTRY;
    const segment = this.#ready(nowMs);
    if (randomHi < segment.leastHi) return NO_ENTRY;
    const slot = this.index.add(view, segment.number, 0, NO_ENTRY);
    this.index.flags[slot]! |= CHUNK_KEPT;
    return slot;
  }

  /** HOT: per late span of a trace that is here. @param entry the trace's newest; @returns false when there is no room for it */
  addLate(entry: number, columns: SpanColumns, span: number, body: Buffer, nowMs: number): boolean {
    const { resources } = this.#memory;
    const writer = this.#writer;
    if (entry === this.#lastLate && writer.used === this.#lastLateEnd && this.#open !== undefined) {
      writer.resume(this.index.word[entry]!);
      const before = writer.spans;
      const resource = columns.resource[span]!;
      writer.span(body, columns, span, resources.service[resource]!);
      writer.end();
      this.#lastLateEnd = writer.used;
      if (writer.spans > before) return true;
    }
    for (let attempt = 0; attempt < 2; attempt++) {
      const segment = this.#ready(nowMs);
      // Making room may have taken the trace itself.
      if (this.index.firstOf(entry) === NO_ENTRY) return false;
      const word = this.#writer.begin(
        columns.id0[span]!,
        columns.id1[span]!,
        columns.id2[span]!,
        columns.id3[span]!,
        nowMs,
      );
      const resource = columns.resource[span]!;
      this.#writer.span(body, columns, span, resources.service[resource]!);
      this.#writer.end();
      if (this.#writer.spans > 0) {
        const id = this.#lateId;
        id.id0 = columns.id0[span]!;
        id.id1 = columns.id1[span]!;
        id.id2 = columns.id2[span]!;
        id.id3 = columns.id3[span]!;
        this.#lastLate = this.index.add(id, segment.number, word, entry);
        this.#lastLateEnd = this.#writer.used;
        return this.#lastLate !== NO_ENTRY;
      }
      this.#close(nowMs);
    }
    return false;
  }

  /** First entry of a trace that is here, whole, and was not brought back yet; {@link NO_ENTRY} otherwise. Ids as they come. */
  find(id0: number, id1: number, id2: number, id3: number): number {
    const newest = this.index.find(id0, id1, id2, id3);
    if (newest === NO_ENTRY) return NO_ENTRY;
    const first = this.index.firstOf(newest);
    return first === NO_ENTRY || (this.index.flags[first]! & CHUNK_GONE) !== 0 ? NO_ENTRY : first;
  }

  /** Threshold that the ring itself put on the trace: high half, the low one is 0. */
  thresholdHi(first: number): number {
    return this.#store.segment(this.index.segment[first]!)?.leastHi ?? 0;
  }

  /** Whether {@link chunks} would have to unpack a segment for it. */
  isPacked(newest: number): boolean {
    return this.index.chunksOf(newest).some((slot) => this.#store.isPacked(this.index.segment[slot]!));
  }

  /** The trace's chunks, oldest first, each valid until the next is asked for; undefined for one whose segment cannot be read. */
  *chunks(newest: number): Generator<ChunkPlace | undefined> {
    for (const slot of this.index.chunksOf(newest)) {
      const memory = this.memoryOf(this.index.segment[slot]!);
      yield memory === undefined ? undefined : { memory, word: this.index.word[slot]! };
    }
  }

  /** A segment unpacked; undefined when it is gone or cannot be read. */
  memoryOf(segment: number): SegmentMemory | undefined {
    return this.#store.unpacked(segment);
  }

  /** Words of a segment that are written. */
  wordsOf(segment: RingSegment): number {
    return segment === this.#open ? this.#writer.used : segment.words;
  }

  /** The trace was brought back, or cannot be. */
  gone(entry: number): void {
    const first = this.index.firstOf(entry);
    if (first === NO_ENTRY || (this.index.flags[first]! & CHUNK_GONE) !== 0) return;
    if ((this.index.flags[first]! & CHUNK_KEPT) === 0) this.index.traces--;
    this.index.flags[first]! |= CHUNK_GONE;
  }

  /** Call now and then: full segments are compressed, as fast as they may, and the threshold follows a load that fades. */
  tick(nowMs: number): void {
    const open = this.#open;
    if (open !== undefined && open.leastHi > 0 && nowMs - open.openedMs > this.#options.leastHorizonMs * STALE_SHARE) {
      this.#close(nowMs);
      this.#openNext(nowMs);
    }
    this.#store.pack(nowMs);
  }

  /** The open segment, with room for the head of a chunk, and the index with room for an entry. */
  #ready(nowMs: number): RingSegment {
    while (this.index.isFull) this.#forgetOldest(nowMs);
    if (this.#open !== undefined && this.#writer.hasRoom) return this.#open;
    this.#close(nowMs);
    return this.#openNext(nowMs);
  }

  #openNext(nowMs: number): RingSegment {
    const leastHi = this.#admission.leastHi(this.#store.segments, this.#store.capacityBytes, nowMs);
    const segment = this.#store.open(nowMs, leastHi);
    this.#open = segment;
    this.#writer.open(segment.raw!, segment.number);
    segment.firstEntry = this.index.next;
    this.#trim();
    return segment;
  }

  #close(nowMs: number): void {
    const segment = this.#open;
    if (segment === undefined) return;
    this.#store.close(segment, this.#writer.used, nowMs);
    this.#admission.taken(segment.rawBytes, segment.leastHi, nowMs);
    this.#open = undefined;
    this.#lastLate = NO_ENTRY;
  }

  #forgetOldest(nowMs: number): void {
    const oldest = this.#store.segments[0];
    if (oldest === this.#open) this.#close(nowMs);
    this.#store.dropOldest();
    this.#forgetEntries();
  }

  #trim(): void {
    while (this.#store.isOver && this.#store.segments.length > 1) {
      if (!this.#store.moveOldestToDisk()) this.#store.dropOldest();
      this.#forgetEntries();
    }
  }

  #forgetEntries(): void {
    const oldest = this.#store.segments[0];
    this.index.forgetBefore(oldest === undefined ? this.index.next : oldest.firstEntry);
  }
}

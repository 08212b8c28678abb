// Keeps the segments of the ring: raw while they are filled, compressed when there is time, on disk when memory runs short. Bounded in
// bytes; compressing is bounded in bytes per second, so that under load segments just stay raw and live shorter.
import type { SegmentCodec } from './segment-codec.ts';
import type { SegmentDisk } from './segment-disk.ts';
import { SegmentMemory } from './segment-writer.ts';

/** Compressing takes about 2 ns per byte: at this rate some 2 % of one core, at most. */
export const PACK_BYTES_PER_SECOND = 8 * 1024 * 1024;
/** Segments: many, so that a little is forgotten at a time; not too small to compress, nor so large that unpacking one is felt. */
const SEGMENTS = 64;
const LEAST_SEGMENT_BYTES = 16 * 1024;
const MOST_SEGMENT_BYTES = 512 * 1024;
/** Memories kept for the next segments. */
const MAX_SPARE = 2;
/** Segments kept unpacked: what is brought back together was often dropped together. */
const MAX_UNPACKED = 2;
/** Bytes being written at a time, as segments that are full and not compressed; what would be more is lost to the ring. */
const MAX_WRITING_SEGMENTS = 8;

export interface SegmentStoreOptions {
  readonly maxBytes: number;
  /** 0 = no disk. */
  readonly diskBytes: number;
  readonly codec: SegmentCodec;
  readonly disk: SegmentDisk | undefined;
  /** Bytes that count against maxBytes, too. */
  readonly overheadBytes: () => number;
}

export class RingSegment {
  /** Above 0, one more than that of the segment before. */
  readonly number: number;
  readonly openedMs: number;
  /** High half of the threshold on the randomness of its traces. */
  readonly leastHi: number;
  closedMs = Infinity;
  /** Number of its first index entry. */
  firstEntry = 0;
  /** Words written, once it is closed. */
  words = 0;
  raw: SegmentMemory | undefined;
  packed: Buffer | undefined;
  packedBytes = 0;
  /** Bytes on disk, or on their way there. */
  diskBytes = 0;
  /** On their way there, bounded by MAX_WRITING_SEGMENTS. */
  writing: Buffer | undefined;
  /** The bytes on disk are as they were written. */
  isRawOnDisk = false;
  isWritten = false;
  /** Packing it failed: once is enough. */
  isUnpackable = false;

  constructor(number: number, openedMs: number, leastHi: number, raw: SegmentMemory) {
    this.number = number;
    this.openedMs = openedMs;
    this.leastHi = leastHi;
    this.raw = raw;
  }

  get rawBytes(): number {
    return this.words * 4;
  }
}

export class SegmentStore {
  /** Oldest first. */
  readonly segments: RingSegment[] = [];
  /** In memory: raw, compressed, unpacked again. */
  heldBytes = 0;
  diskBytes = 0;
  readonly segmentBytes: number;
  readonly #options: SegmentStoreOptions;
  readonly #spare: SegmentMemory[] = [];
  readonly #unpacked: { readonly number: number; readonly memory: SegmentMemory }[] = [];
  /** The memory that is being compressed: it is not reused meanwhile. */
  #packing: SegmentMemory | undefined;
  #packAtMs = 0;
  #writingBytes = 0;
  #nextNumber = 1;

  constructor(options: SegmentStoreOptions) {
    this.#options = options;
    this.segmentBytes =
      Math.floor(Math.min(MOST_SEGMENT_BYTES, Math.max(LEAST_SEGMENT_BYTES, options.maxBytes / SEGMENTS)) / 4) * 4;
  }

  get capacityBytes(): number {
    return this.#options.maxBytes + (this.#options.disk === undefined ? 0 : this.#options.diskBytes);
  }

  get isOver(): boolean {
    return this.heldBytes + this.#options.overheadBytes() > this.#options.maxBytes;
  }

  open(nowMs: number, leastHi: number): RingSegment {
    const segment = new RingSegment(this.#nextNumber++, nowMs, leastHi, this.#takeMemory());
    this.segments.push(segment);
    return segment;
  }

  close(segment: RingSegment, words: number, nowMs: number): void {
    segment.words = words;
    segment.closedMs = nowMs;
    if (words === 0) {
      // Only places in time, no bytes.
      this.#giveMemory(segment.raw!);
      segment.raw = undefined;
    }
    this.pack(nowMs);
  }

  /** The segment of that number; undefined when it is gone. */
  segment(number: number): RingSegment | undefined {
    const oldest = this.segments[0];
    return oldest === undefined ? undefined : this.segments[number - oldest.number];
  }

  /** Whether reading it takes unpacking. */
  isPacked(number: number): boolean {
    return this.segment(number)?.raw === undefined && !this.#unpacked.some((one) => one.number === number);
  }

  /** Its bytes as they were written; valid until the next call. undefined when it is gone or cannot be read. */
  unpacked(number: number): SegmentMemory | undefined {
    const segment = this.segment(number);
    if (segment === undefined) return undefined;
    if (segment.raw !== undefined) return segment.raw;
    const known = this.#unpacked.find((one) => one.number === number);
    if (known !== undefined) return known.memory;
    const stored =
      segment.packed ?? segment.writing ?? (segment.isWritten ? this.#options.disk?.read(number) : undefined);
    if (stored === undefined) return undefined;
    const memory = this.#unpacked.length < MAX_UNPACKED ? this.#takeMemory() : this.#unpacked.shift()!.memory;
    try {
      const bytes =
        segment.packed === undefined && segment.isRawOnDisk
          ? stored
          : this.#options.codec.unpack(stored, this.segmentBytes);
      if (bytes.length !== segment.rawBytes)
        throw new Error(`segment ${number} has ${bytes.length} bytes instead of ${segment.rawBytes}`);
      memory.bytes.set(bytes);
    } catch {
      this.#giveMemory(memory);
      return undefined;
    }
    this.#unpacked.push({ number, memory });
    return memory;
  }

  /** Compresses the oldest raw segment, when none is being compressed and the rate allows. */
  pack(nowMs: number): void {
    if (this.#packing !== undefined || nowMs < this.#packAtMs) return;
    const segment = this.segments.find(
      (one) => one.raw !== undefined && one.closedMs !== Infinity && !one.isUnpackable && one.words > 0,
    );
    const memory = segment?.raw;
    if (segment === undefined || memory === undefined) return;
    this.#packing = memory;
    this.#packAtMs = nowMs + (segment.rawBytes / PACK_BYTES_PER_SECOND) * 1000;
    this.#options.codec.pack(memory.bytes.subarray(0, segment.rawBytes), (packed) => {
      this.#packing = undefined;
      if (segment.raw !== memory) return this.#giveMemory(memory); // it was dropped, or went to disk, meanwhile
      if (packed === undefined) {
        segment.isUnpackable = true;
        return undefined;
      }
      segment.packed = packed;
      segment.packedBytes = packed.length;
      segment.raw = undefined;
      this.heldBytes += packed.length;
      return this.#giveMemory(memory);
    });
  }

  /** Forgets the oldest segment; there MUST be one. */
  dropOldest(): void {
    const segment = this.segments.shift()!;
    this.#release(segment);
    if (segment.isWritten) this.#options.disk?.remove(segment.number);
    this.diskBytes -= segment.diskBytes;
    segment.diskBytes = 0;
  }

  /** Moves the oldest segment in memory to disk, which may drop others there. False when there is no disk. */
  moveOldestToDisk(): boolean {
    const { disk, diskBytes } = this.#options;
    if (disk === undefined || diskBytes === 0) return false;
    const segment = this.segments.find((one) => one.raw !== undefined || one.packed !== undefined);
    if (segment === undefined || segment.closedMs === Infinity) return false;
    // A copy where the memory is about to be used again.
    const bytes = segment.packed ?? Buffer.from(segment.raw!.bytes.subarray(0, segment.rawBytes));
    segment.isRawOnDisk = segment.packed === undefined;
    this.#release(segment);
    const isTooMuch = this.#writingBytes + bytes.length > MAX_WRITING_SEGMENTS * this.segmentBytes;
    if (isTooMuch || bytes.length > diskBytes) return true;
    segment.diskBytes = bytes.length;
    this.diskBytes += bytes.length;
    this.#writingBytes += bytes.length;
    segment.writing = bytes;
    disk.write(segment.number, bytes, (ok) => {
      this.#writingBytes -= bytes.length;
      segment.writing = undefined;
      if (!ok) {
        this.diskBytes -= segment.diskBytes;
        segment.diskBytes = 0;
      } else if (segment.diskBytes === 0) disk.remove(segment.number); // dropped meanwhile
      else segment.isWritten = true;
    });
    while (this.diskBytes > diskBytes) this.dropOldest();
    return true;
  }

  #release(segment: RingSegment): void {
    const { raw, packed } = segment;
    segment.raw = undefined;
    if (raw !== undefined && raw !== this.#packing) this.#giveMemory(raw);
    if (packed !== undefined) this.heldBytes -= packed.length;
    segment.packed = undefined;
  }

  #takeMemory(): SegmentMemory {
    const spare = this.#spare.pop();
    if (spare !== undefined) return spare;
    this.heldBytes += this.segmentBytes;
    return new SegmentMemory(this.segmentBytes);
  }

  #giveMemory(memory: SegmentMemory): void {
    if (this.#spare.length < MAX_SPARE) this.#spare.push(memory);
    else this.heldBytes -= this.segmentBytes;
  }
}

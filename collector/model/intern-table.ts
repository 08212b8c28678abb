// Small integers for byte strings (service and span names, hosts): interned from bytes, compared byte by byte, bounded. A string stays until
// the owner of the table says which slots are still in use.
// Slot 0 is the empty string; slot 1 is for everything that found the table full or is too long to be a name: read such a
// string from its span, not from here.
import { FNV_START } from '#proto/model/hash.ts';

/** Slot of the empty string. */
export const EMPTY_SLOT = 0;
/** Slot of all strings that found the table full. */
export const OVERFLOW_SLOT = 1;
export const OVERFLOW_TEXT = '__overflow__';
/** Longer strings are data, not names: they would fill memory that others need. */
export const MAX_INTERNED_BYTES = 1024;
/** All strings of a table together: what a peer that makes up names can cost. */
const MAX_TABLE_BYTES = 16 * 1024 * 1024;
/** From this part of its bounds on a table counts as crowded. */
const CROWDED = 7 / 8;
const NO_BYTES = Buffer.alloc(0);
/** Half full tables probe a handful of buckets; whoever makes names that collide on purpose ends in the overflow slot. */
const MAX_PROBES = 256;

export class InternTable {
  /** Distinct strings held, the two fixed ones included. */
  size = 2;
  readonly capacity: number;
  /** Per slot {@link bytesPrint} of its string; not of {@link OVERFLOW_SLOT}. */
  readonly prints: Int32Array;
  /** Strings that found the table full or were too long (each sighting counts). */
  overflowed = 0;
  /** Changes when slots are given to other strings: whoever remembers something by slot forgets it then. */
  epoch = 0;
  readonly #seed: number;
  /** By slot; free slots are empty and listed below. */
  readonly #bytes: Buffer[] = [NO_BYTES, Buffer.from(OVERFLOW_TEXT)];
  readonly #views: DataView[] = [new DataView(new ArrayBuffer(0)), new DataView(new ArrayBuffer(0))];
  /** The bytes last interned from, and the same as words. */
  #viewed: Uint8Array | undefined;
  #view: DataView = new DataView(new ArrayBuffer(0));
  readonly #texts: string[] = ['', OVERFLOW_TEXT];
  readonly #hashes: Int32Array;
  readonly #index: Int32Array;
  readonly #mask: number;
  readonly #free: number[] = [];
  #heldBytes = 0;

  /**
   * @param capacity most distinct strings; a power of two is not needed.
   * @param seed any 32 bits, so that peers cannot know which names share a bucket.
   */
  constructor(capacity: number, seed = FNV_START) {
    this.capacity = capacity;
    this.#seed = seed | 0;
    let buckets = 16;
    while (buckets < capacity * 2) buckets *= 2;
    this.#index = new Int32Array(buckets).fill(-1);
    this.#hashes = new Int32Array(capacity);
    this.prints = new Int32Array(capacity);
    this.#mask = buckets - 1;
  }

  /** HOT: per span. Slot of bytes[start, end); {@link OVERFLOW_SLOT} when it is new and the table is full. */
  intern(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    if (length === 0) return EMPTY_SLOT;
    if (length > MAX_INTERNED_BYTES) {
      this.overflowed++;
      return OVERFLOW_SLOT;
    }
    const view = bytes === this.#viewed ? this.#view : this.#look(bytes);
    let hash = this.#seed ^ length;
    let i = start;
    for (const whole = end - 3; i < whole; i += 4)
      hash = Math.imul((hash << 5) ^ (hash >>> 27) ^ view.getInt32(i, true), 0x2c1b3c6d);
    for (; i < end; i++) hash = Math.imul((hash << 5) ^ (hash >>> 27) ^ bytes[i]!, 0x2c1b3c6d);
    hash = Math.imul(hash ^ (hash >>> 15), 0x297a2d39);
    hash ^= hash >>> 13;
    let bucket = hash & this.#mask;
    for (let probes = 0; probes < MAX_PROBES; probes++) {
      const slot = this.#index[bucket]!;
      if (slot < 0) return this.#add(bucket, hash, bytes, start, end);
      if (this.#hashes[slot] === hash && this.#equals(slot, view, start, end)) return slot;
      bucket = (bucket + 1) & this.#mask;
    }
    this.overflowed++;
    return OVERFLOW_SLOT;
  }

  internText(text: string): number {
    const bytes = Buffer.from(text);
    return this.intern(bytes, 0, bytes.length);
  }

  text(slot: number): string {
    return this.#texts[slot] ?? OVERFLOW_TEXT;
  }

  bytesOf(slot: number): Buffer {
    return this.#bytes[slot] ?? this.#bytes[OVERFLOW_SLOT]!;
  }

  /** Few more strings fit: {@link release} what is not in use. */
  get isCrowded(): boolean {
    return this.size >= this.capacity * CROWDED || this.#heldBytes >= MAX_TABLE_BYTES * CROWDED;
  }

  /** Forgets every string whose slot is 0 in `inUse` (one byte per slot up to {@link capacity}). Returns how many. Call it where no slot lies about unmarked. */
  release(inUse: Uint8Array): number {
    const before = this.size;
    const free = new Set(this.#free);
    this.#index.fill(-1);
    for (let slot = OVERFLOW_SLOT + 1; slot < this.#bytes.length; slot++) {
      if (free.has(slot)) continue;
      if (inUse[slot] === 0) {
        this.#heldBytes -= this.#bytes[slot]!.length;
        this.#bytes[slot] = NO_BYTES;
        this.#views[slot] = this.#views[EMPTY_SLOT]!;
        this.#texts[slot] = '';
        this.#free.push(slot);
        this.size--;
      } else this.#index[this.#emptyBucket(this.#hashes[slot]!)] = slot;
    }
    if (this.size < before) this.epoch++;
    return before - this.size;
  }

  #emptyBucket(hash: number): number {
    let bucket = hash & this.#mask;
    while (this.#index[bucket]! >= 0) bucket = (bucket + 1) & this.#mask;
    return bucket;
  }

  /** Lets go of the bytes last interned from: after a request. */
  forget(): void {
    this.#viewed = undefined;
    this.#view = this.#views[EMPTY_SLOT]!;
  }

  #add(bucket: number, hash: number, bytes: Uint8Array, start: number, end: number): number {
    if (this.size >= this.capacity || this.#heldBytes + (end - start) > MAX_TABLE_BYTES) {
      this.overflowed++;
      return OVERFLOW_SLOT;
    }
    this.#heldBytes += end - start;
    this.size++;
    const slot = this.#free.pop() ?? this.#bytes.length;
    const copy = Buffer.from(bytes.subarray(start, end));
    this.#bytes[slot] = copy;
    this.#views[slot] = new DataView(copy.buffer, copy.byteOffset, copy.length);
    this.#texts[slot] = copy.toString('utf8');
    this.#hashes[slot] = hash;
    this.prints[slot] = bytesPrint(bytes, start, end);
    this.#index[bucket] = slot;
    return slot;
  }

  #equals(slot: number, view: DataView, start: number, end: number): boolean {
    const held = this.#views[slot]!;
    const length = held.byteLength;
    if (length !== end - start) return false;
    let i = 0;
    for (const whole = length - 3; i < whole; i += 4)
      if (held.getInt32(i, true) !== view.getInt32(start + i, true)) return false;
    for (; i < length; i++) if (held.getUint8(i) !== view.getUint8(start + i)) return false;
    return true;
  }

  #look(bytes: Uint8Array): DataView {
    this.#viewed = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return this.#view;
  }
}

/** 32 bits of bytes[start, end), the same in every process; 0 of none. */
export function bytesPrint(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193) + 0x2545f491;
  return hash | 0;
}

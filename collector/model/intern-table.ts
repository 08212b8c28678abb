// Small integers for byte strings (service and span names, hosts): interned from bytes, compared byte by byte, never evicted, bounded.
// Slot 0 is the empty string; slot 1 stands for everything that came after the table was full.

/** Slot of the empty string. */
export const EMPTY_SLOT = 0;
/** Slot of all strings that found the table full. */
export const OVERFLOW_SLOT = 1;
export const OVERFLOW_TEXT = '__overflow__';

export class InternTable {
  /** Distinct strings held, the two fixed ones included. */
  size = 2;
  readonly capacity: number;
  /** Strings that found the table full (each sighting counts). */
  overflowed = 0;
  readonly #bytes: Buffer[] = [Buffer.alloc(0), Buffer.from(OVERFLOW_TEXT)];
  readonly #texts: string[] = ['', OVERFLOW_TEXT];
  readonly #hashes: Int32Array;
  readonly #index: Int32Array;
  readonly #mask: number;

  /** @param capacity most distinct strings; a power of two is not needed. */
  constructor(capacity: number) {
    this.capacity = capacity;
    let buckets = 16;
    while (buckets < capacity * 2) buckets *= 2;
    this.#index = new Int32Array(buckets).fill(-1);
    this.#hashes = new Int32Array(capacity);
    this.#mask = buckets - 1;
  }

  /** HOT: per span. Slot of bytes[start, end); {@link OVERFLOW_SLOT} when it is new and the table is full. */
  intern(bytes: Uint8Array, start: number, end: number): number {
    if (start === end) return EMPTY_SLOT;
    let hash = 0x811c9dc5 ^ (end - start);
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
    hash ^= hash >>> 15;
    let bucket = hash & this.#mask;
    for (;;) {
      const slot = this.#index[bucket]!;
      if (slot < 0) break;
      if (this.#hashes[slot] === hash && this.#equals(slot, bytes, start, end)) return slot;
      bucket = (bucket + 1) & this.#mask;
    }
    if (this.size >= this.capacity) {
      this.overflowed++;
      return OVERFLOW_SLOT;
    }
    const slot = this.size++;
    const copy = Buffer.from(bytes.subarray(start, end));
    this.#bytes.push(copy);
    this.#texts.push(copy.toString('utf8'));
    this.#hashes[slot] = hash;
    this.#index[bucket] = slot;
    return slot;
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

  #equals(slot: number, bytes: Uint8Array, start: number, end: number): boolean {
    const held = this.#bytes[slot]!;
    if (held.length !== end - start) return false;
    for (let i = 0; i < held.length; i++) if (held[i] !== bytes[start + i]) return false;
    return true;
  }
}

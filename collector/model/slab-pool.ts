// Request bodies live whole in 16 MiB slabs; spans are offsets into them. A slab returns to the pool when its last span is let go.

/** 16 MiB: offsets fit 24 bits, and a slab is big enough that its bookkeeping costs nothing per span. */
export const SLAB_BYTES = 16 * 1024 * 1024;
/** Slab numbers are 16 bits in the span table. */
export const MAX_SLABS = 65_535;
/** Empty slabs kept for reuse; more than this go back to the operating system. */
const MAX_SPARE_SLABS = 4;

export class SlabPool {
  readonly #slabs: (Buffer | undefined)[] = [];
  readonly #live: number[] = [];
  readonly #freeNumbers: number[] = [];
  readonly #spare: Buffer[] = [];
  #current = -1;
  #position = 0;
  /** Bytes of all slabs in use, spare ones not counted. */
  heldBytes = 0;

  /** Bytes of slab `slab`; valid while one of its spans is held. */
  bytes(slab: number): Buffer {
    const buffer = this.#slabs[slab];
    if (buffer === undefined) throw new Error(`slab ${slab} is not in use`);
    return buffer;
  }

  /**
   * Copies body into a slab and holds it for `spanCount` spans. A body larger than a slab gets one of its own size.
   * @returns slab * 2^32 + offset of the copy (an exact double).
   */
  store(body: Uint8Array, spanCount: number): number {
    const length = body.length;
    if (this.#current < 0 || this.#position + length > this.bytes(this.#current).length) this.#open(length);
    const slab = this.#current;
    const offset = this.#position;
    this.bytes(slab).set(body, offset);
    this.#position += length;
    this.#live[slab]! += spanCount;
    return slab * 4294967296 + offset;
  }

  /** HOT: per span. Lets one span of the slab go. */
  release(slab: number): void {
    const left = --this.#live[slab]!;
    if (left === 0 && slab !== this.#current) this.#close(slab);
  }

  #open(length: number): void {
    const previous = this.#current;
    this.#current = -1;
    if (previous >= 0 && this.#live[previous] === 0) this.#close(previous);
    const slab = this.#freeNumbers.pop() ?? this.#slabs.length;
    if (slab >= MAX_SLABS) throw new Error(`more than ${MAX_SLABS} slabs in use: lower buffer.max_bytes`);
    const buffer = length <= SLAB_BYTES ? (this.#spare.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES)) : Buffer.allocUnsafeSlow(length);
    this.#slabs[slab] = buffer;
    this.#live[slab] = 0;
    this.#current = slab;
    this.#position = 0;
    this.heldBytes += buffer.length;
  }

  #close(slab: number): void {
    const buffer = this.bytes(slab);
    this.#slabs[slab] = undefined;
    this.#freeNumbers.push(slab);
    this.heldBytes -= buffer.length;
    if (buffer.length === SLAB_BYTES && this.#spare.length < MAX_SPARE_SLABS) this.#spare.push(buffer);
  }
}

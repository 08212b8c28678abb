// Request bodies live whole in slabs; spans are offsets into them. A slab returns to the pool when its last span is released.
// Slabs have 16 MiB, or 2 MiB while little is held: then a slab that is nearly empty wastes little.
import { TWO_32 } from '#proto/model/halves.ts';

/** 16 MiB: offsets fit 24 bits, and a slab is big enough that its bookkeeping costs nothing per span. */
export const SLAB_BYTES = 16 * 1024 * 1024;
/** Bodies of up to SMALL_BODY_BYTES go into slabs of this size while all slabs together hold less than SMALL_BELOW_BYTES. */
export const SMALL_SLAB_BYTES = SLAB_BYTES / 8;
const SMALL_BELOW_BYTES = 2 * SLAB_BYTES;
const SMALL_BODY_BYTES = SMALL_SLAB_BYTES / 8;
/** Slab numbers are 16 bits in the span table. */
const MAX_SLABS = 65_535;
/** Empty slabs kept for reuse; more than this go back to the operating system. */
const MAX_SPARE_SLABS = 4;
/** A slab whose spans fill less than this part of it is worth emptying into another one. */
const SPARSE_FRACTION = 0.5;

export class SlabPool {
  readonly #slabs: (Buffer | undefined)[] = [];
  /** Spans held, and their bytes, per slab. */
  readonly #live: number[] = [];
  readonly #liveBytes: number[] = [];
  readonly #freeNumbers: number[] = [];
  readonly #spare: Buffer[] = [];
  readonly #smallSpare: Buffer[] = [];
  #current = -1;
  #position = 0;
  /** Bytes of all slabs in use, spare ones not counted. */
  heldBytes = 0;
  /** Bytes of the spans held in them. */
  liveBytes = 0;

  /** Bytes of slab `slab`; valid while one of its spans is held. */
  bytes(slab: number): Buffer {
    const buffer = this.#slabs[slab];
    if (buffer === undefined) throw new Error(`slab ${slab} is not in use`);
    return buffer;
  }

  /**
   * Copies body into a slab and holds it for `spanCount` spans of `spanBytes` together. A body larger than a slab gets one of its own size.
   * @returns slab * 2^32 + offset of the copy (an exact double).
   * @throws Error when {@link MAX_SLABS} are in use (1 TiB).
   */
  store(body: Uint8Array, spanCount: number, spanBytes = 0): number {
    const length = body.length;
    if (this.#current < 0 || this.#position + length > this.bytes(this.#current).length) this.#open(length);
    const slab = this.#current;
    const offset = this.#position;
    this.bytes(slab).set(body, offset);
    this.#position += length;
    this.#live[slab]! += spanCount;
    this.#liveBytes[slab]! += spanBytes;
    this.liveBytes += spanBytes;
    return slab * TWO_32 + offset;
  }

  /** HOT: per span. Lets one span of the slab go. */
  release(slab: number, spanBytes = 0): void {
    this.liveBytes -= spanBytes;
    this.#liveBytes[slab]! -= spanBytes;
    const left = --this.#live[slab]!;
    if (left > 0) return;
    if (slab !== this.#current) this.#close(slab);
    else if (this.bytes(slab).length <= SLAB_BYTES) this.#position = 0;
    else {
      this.#current = -1;
      this.#close(slab);
    }
  }

  /** Whether moving its few spans elsewhere frees more than it costs. The slab being filled never is. */
  isSparse(slab: number): boolean {
    return slab !== this.#current && this.#liveBytes[slab]! < this.bytes(slab).length * SPARSE_FRACTION;
  }

  #open(length: number): void {
    const slab = this.#freeNumbers.pop() ?? this.#slabs.length;
    if (slab >= MAX_SLABS) throw new Error(`more than ${MAX_SLABS} slabs in use: lower buffer.max_bytes`);
    const previous = this.#current;
    if (previous >= 0 && this.#live[previous] === 0) this.#close(previous);
    const isSmall = length <= SMALL_BODY_BYTES && this.heldBytes < SMALL_BELOW_BYTES;
    const size = Math.max(isSmall ? SMALL_SLAB_BYTES : SLAB_BYTES, length);
    const buffer = this.#spareOf(size)?.pop() ?? Buffer.allocUnsafeSlow(size);
    this.#slabs[slab] = buffer;
    this.#live[slab] = 0;
    this.#liveBytes[slab] = 0;
    this.#current = slab;
    this.#position = 0;
    this.heldBytes += buffer.length;
  }

  #close(slab: number): void {
    const buffer = this.bytes(slab);
    this.#slabs[slab] = undefined;
    this.#freeNumbers.push(slab);
    this.heldBytes -= buffer.length;
    const spare = this.#spareOf(buffer.length);
    if (spare !== undefined && spare.length < MAX_SPARE_SLABS) spare.push(buffer);
  }

  /** Empty slabs of that size; undefined for sizes that are not kept. */
  #spareOf(size: number): Buffer[] | undefined {
    if (size === SLAB_BYTES) return this.#spare;
    return size === SMALL_SLAB_BYTES ? this.#smallSpare : undefined;
  }
}

// Columns whose values have a fixed width: integers, floats, fixed strings and times, little-endian as in memory.
import { TWO_32 } from '#proto/model/halves.ts';
import type { Column } from './column.ts';
import { copyBytes, grown, keptAfterReset } from './column.ts';

export class FixedWidthColumn implements Column {
  readonly type: string;
  readonly width: number;
  buffer: Buffer = Buffer.alloc(0);
  used = 0;

  constructor(type: string, width: number) {
    this.type = type;
    this.width = width;
  }

  get rows(): number {
    return this.used / this.width;
  }

  byteLength(): number {
    return this.used;
  }

  writePrefix(_out: Buffer, at: number): number {
    return at;
  }

  write(out: Buffer, at: number): number {
    this.buffer.copy(out, at, 0, this.used);
    return at + this.used;
  }

  reset(): void {
    this.used = 0;
    this.buffer = keptAfterReset(this.buffer);
  }

  /** HOT: makes room for one value and returns where it goes. */
  protected claim(): number {
    const at = this.used;
    const end = at + this.width;
    if (end > this.buffer.length) this.buffer = grown(this.buffer, at, end);
    this.used = end;
    return at;
  }
}

export class UInt8Column extends FixedWidthColumn {
  constructor() {
    super('UInt8', 1);
  }

  append(value: number): void {
    const at = this.claim(); // first: it may replace the buffer
    this.buffer[at] = value;
  }
}

/** UInt32, and DateTime (seconds). */
export class UInt32Column extends FixedWidthColumn {
  constructor(type: 'UInt32' | 'DateTime' = 'UInt32') {
    super(type, 4);
  }

  append(value: number): void {
    const at = this.claim();
    const buffer = this.buffer;
    buffer[at] = value;
    buffer[at + 1] = value >>> 8;
    buffer[at + 2] = value >>> 16;
    buffer[at + 3] = value >>> 24;
  }
}

/** UInt64, Int64 and DateTime64 of any scale: two halves, or a whole number that a double holds. */
export class Int64Column extends FixedWidthColumn {
  constructor(type: string) {
    super(type, 8);
  }

  /** HOT. Halves of two's complement, signed or unsigned. */
  appendHalves(hi: number, lo: number): void {
    const at = this.claim();
    const buffer = this.buffer;
    buffer[at] = lo;
    buffer[at + 1] = lo >>> 8;
    buffer[at + 2] = lo >>> 16;
    buffer[at + 3] = lo >>> 24;
    buffer[at + 4] = hi;
    buffer[at + 5] = hi >>> 8;
    buffer[at + 6] = hi >>> 16;
    buffer[at + 7] = hi >>> 24;
  }

  /** A whole number, |value| < 2^53; fractions are cut off. */
  append(value: number): void {
    const whole = Math.trunc(value);
    const hi = Math.floor(whole / TWO_32);
    this.appendHalves(hi | 0, (whole - hi * TWO_32) | 0);
  }

  /** A 56-bit threshold given as two 28-bit halves. */
  appendThreshold(hi28: number, lo28: number): void {
    this.appendHalves(hi28 >>> 4, (hi28 << 28) | lo28);
  }

  /** HOT. Eight little-endian bytes as they stand in a protobuf fixed64. */
  appendFixed64(source: Uint8Array, start: number): void {
    const at = this.claim();
    copyBytes(source, start, start + 8, this.buffer, at);
  }
}

export class Float64Column extends FixedWidthColumn {
  readonly #float = new Float64Array(1);
  readonly #bytes = new Uint8Array(this.#float.buffer);

  constructor() {
    super('Float64', 8);
  }

  /** NaN keeps no payload here; use `appendBits` for Prometheus' stale marker. */
  append(value: number): void {
    this.#float[0] = value;
    const at = this.claim();
    copyBytes(this.#bytes, 0, 8, this.buffer, at);
  }

  appendBits(hi: number, lo: number): void {
    const at = this.claim();
    this.buffer.writeUInt32LE(lo >>> 0, at);
    this.buffer.writeUInt32LE(hi >>> 0, at + 4);
  }
}

export class FixedStringColumn extends FixedWidthColumn {
  constructor(width: number) {
    super(`FixedString(${width})`, width);
  }

  /** HOT. Exactly `width` bytes from `start`. */
  append(source: Uint8Array, start: number): void {
    const at = this.claim();
    copyBytes(source, start, start + this.width, this.buffer, at);
  }

  /** An id of its own; one of another length becomes zeros. */
  appendWhole(id: Uint8Array): void {
    const at = this.claim();
    if (id.length === this.width) copyBytes(id, 0, this.width, this.buffer, at);
    else this.buffer.fill(0, at, at + this.width);
  }

  /** A trace id as four words. */
  appendId(words: ArrayLike<number>): void {
    this.appendWords(words[0] ?? 0, words[1] ?? 0, words[2] ?? 0, words[3] ?? 0);
  }

  /** Big-endian 32-bit words, two for a span id, four for a trace id. */
  appendWords(word0: number, word1: number, word2 = 0, word3 = 0): void {
    const at = this.claim();
    const buffer = this.buffer;
    buffer.writeUInt32BE(word0 >>> 0, at);
    buffer.writeUInt32BE(word1 >>> 0, at + 4);
    if (this.width === 16) {
      buffer.writeUInt32BE(word2 >>> 0, at + 8);
      buffer.writeUInt32BE(word3 >>> 0, at + 12);
    }
  }
}

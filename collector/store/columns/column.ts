// What every column of a block can do: grow row by row, and write itself in ClickHouse's Native format
// (https://clickhouse.com/docs/interfaces/formats/Native). Buffers are kept from block to block.
import { TWO_32 } from '#proto/model/halves.ts';

export interface Column {
  /** ClickHouse type, as it stands in the block. */
  readonly type: string;
  /** Rows appended since the last reset. */
  readonly rows: number;
  /** Bytes `writePrefix` and `write` will take. */
  byteLength(): number;
  /** Writes what a type keeps before the data of the outermost column (only LowCardinality); returns the end. */
  writePrefix(out: Buffer, at: number): number;
  /** Writes the data; returns the end. */
  write(out: Buffer, at: number): number;
  reset(): void;
}

/** A buffer that once had to hold something huge is not kept for the next block. */
const MAX_KEPT_BYTES = 32 * 1024 * 1024;
const INITIAL_BYTES = 64 * 1024;

/** A buffer of at least `needed` bytes that begins with the first `used` bytes of `buffer`. */
export function grown(buffer: Buffer, used: number, needed: number): Buffer {
  let size = Math.max(buffer.length * 2, INITIAL_BYTES);
  while (size < needed) size *= 2;
  const larger = Buffer.allocUnsafeSlow(size);
  buffer.copy(larger, 0, 0, used);
  return larger;
}

/** The buffer to go on with after a reset. */
export function keptAfterReset(buffer: Buffer): Buffer {
  return buffer.length > MAX_KEPT_BYTES ? Buffer.allocUnsafeSlow(INITIAL_BYTES) : buffer;
}

/** Below this a loop beats the call into native code. */
const LOOP_COPY_BYTES = 40;

/** HOT: copies source[start, end) to target at `at`; the caller made room. */
export function copyBytes(source: Uint8Array, start: number, end: number, target: Buffer, at: number): void {
  if (end - start <= LOOP_COPY_BYTES) {
    for (let i = start, j = at; i < end; i++, j++) target[j] = source[i]!;
  } else if (source instanceof Buffer) {
    source.copy(target, at, start, end);
  } else {
    target.set(source.subarray(start, end), at);
  }
}

/** Bytes of `value` as a varint (LEB128). */
export function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) length++;
  return length;
}

/** Writes an unsigned varint below 2^53; returns the end. */
export function writeVarint(out: Buffer, at: number, value: number): number {
  let rest = value;
  let i = at;
  while (rest >= 128) {
    out[i++] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
  }
  out[i++] = rest;
  return i;
}

/** Writes a UInt64 below 2^53, little-endian; returns the end. */
export function writeUInt64(out: Buffer, at: number, value: number): number {
  out.writeUInt32LE(value % TWO_32, at);
  out.writeUInt32LE(Math.floor(value / TWO_32), at + 4);
  return at + 8;
}

// Writes protobuf wire format into one growing buffer; nested messages are closed in place, without building them apart.
import { putCodePoint } from './utf8.ts';
import { varint32Bytes } from './varint.ts';

const FIRST_BYTES = 256;
/** Up to here copying byte by byte is faster than a view and a call. */
const SHORT = 48;
const scratch = new DataView(new ArrayBuffer(8));

/** More output than the writer's owner allowed. */
export class WriterFullError extends Error {
  constructor(maxBytes: number) {
    super(`the message would be longer than ${maxBytes} bytes`);
    this.name = 'WriterFullError';
  }
}

export class WireWriter {
  #bytes: Uint8Array;
  #length = 0;
  readonly #maxBytes: number;

  /** @param firstBytes a guess at the size; @param maxBytes the hard limit: beyond it every write throws {@link WriterFullError}. */
  constructor(firstBytes = FIRST_BYTES, maxBytes = 0x7fff_ffff) {
    this.#bytes = new Uint8Array(Math.max(16, Math.min(firstBytes, maxBytes)));
    this.#maxBytes = maxBytes;
  }

  get length(): number {
    return this.#length;
  }

  /** What was written: a view, valid until the next write. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  tag(fieldNumber: number, wireType: number): void {
    this.varint32(((fieldNumber << 3) | wireType) >>> 0);
  }

  varint32(value: number): void {
    this.#room(5);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#length++] = rest;
  }

  /** A 64-bit varint from unsigned halves. */
  varint64(hi: number, lo: number): void {
    this.#room(10);
    let h = hi;
    let l = lo;
    while (h !== 0 || l >= 0x80) {
      this.#bytes[this.#length++] = (l & 0x7f) | 0x80;
      l = ((l >>> 7) | (h << 25)) >>> 0;
      h >>>= 7;
    }
    this.#bytes[this.#length++] = l;
  }

  fixed32(value: number): void {
    this.#room(4);
    const bytes = this.#bytes;
    bytes[this.#length++] = value;
    bytes[this.#length++] = value >>> 8;
    bytes[this.#length++] = value >>> 16;
    bytes[this.#length++] = value >>> 24;
  }

  fixed64(hi: number, lo: number): void {
    this.fixed32(lo);
    this.fixed32(hi);
  }

  double(value: number): void {
    scratch.setFloat64(0, value);
    this.fixed64(scratch.getUint32(0), scratch.getUint32(4));
  }

  /** Raw bytes without a length. */
  raw(source: Uint8Array, start = 0, end = source.length): void {
    this.#room(end - start);
    if (end - start <= SHORT) {
      for (let i = start; i < end; i++) this.#bytes[this.#length++] = source[i]!;
      return;
    }
    this.#bytes.set(source.subarray(start, end), this.#length);
    this.#length += end - start;
  }

  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.#length++] = value;
  }

  /** One code point as UTF-8; lone surrogates become U+FFFD. */
  codePoint(value: number): void {
    this.#room(4);
    this.#length = putCodePoint(this.#bytes, this.#length, value);
  }

  /** A text as UTF-8, without a length. */
  text(value: string): void {
    for (let i = 0; i < value.length; i++) {
      const c = value.codePointAt(i)!;
      if (c > 0xffff) i++;
      this.codePoint(c);
    }
  }

  /** A length-delimited text field. */
  textField(fieldNumber: number, value: string): void {
    const at = this.open(fieldNumber);
    this.text(value);
    this.close(at);
  }

  /** A length-delimited bytes field. */
  bytesField(fieldNumber: number, value: Uint8Array): void {
    this.tag(fieldNumber, 2);
    this.varint32(value.length);
    this.raw(value);
  }

  /** Begins a length-delimited field; hand the result to {@link close}. */
  open(fieldNumber: number): number {
    this.tag(fieldNumber, 2);
    this.#room(1);
    return ++this.#length;
  }

  /** Ends the field begun at `at`: one byte was left for its length, longer ones move the content along. */
  close(at: number): void {
    const size = this.#length - at;
    const extra = varint32Bytes(size) - 1;
    if (extra > 0) {
      this.#room(extra);
      this.#bytes.copyWithin(at + extra, at, this.#length);
    }
    this.#length = at - 1;
    const end = at + extra + size;
    this.#putLength(size);
    this.#length = end;
  }

  /** Whether all bytes from `from` on are 0. */
  isZero(from: number): boolean {
    for (let at = from; at < this.#length; at++) if (this.#bytes[at] !== 0) return false;
    return true;
  }

  /** Takes back everything from `length` on. */
  truncate(length: number): void {
    this.#length = length;
  }

  #putLength(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#length++] = rest;
  }

  #room(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    // A few spare bytes above the limit: callers reserve the longest form of a varint before they know its size.
    if (needed > this.#maxBytes + 16) throw new WriterFullError(this.#maxBytes);
    const grown = new Uint8Array(Math.min(Math.max(needed, this.#bytes.length * 2), this.#maxBytes + 16));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

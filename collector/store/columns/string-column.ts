// A String column: varint length and bytes per row. Bytes are copied as they are, whatever their encoding.
import type { Column } from './column.ts';
import { copyBytes, grown, keptAfterReset, varintLength, writeVarint } from './column.ts';

const MAX_VARINT_BYTES = 8;

export class StringColumn implements Column {
  readonly type = 'String';
  rows = 0;
  buffer: Buffer = Buffer.alloc(0);
  used = 0;

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
    this.rows = 0;
    this.used = 0;
    this.buffer = keptAfterReset(this.buffer);
  }

  /** HOT. */
  append(source: Uint8Array, start: number, end: number): void {
    const length = end - start;
    let at = this.used;
    const needed = at + length + MAX_VARINT_BYTES;
    if (needed > this.buffer.length) this.buffer = grown(this.buffer, at, needed);
    const buffer = this.buffer;
    if (length < 128) buffer[at++] = length;
    else at = writeVarint(buffer, at, length);
    copyBytes(source, start, end, buffer, at);
    this.used = at + length;
    this.rows++;
  }

  /** HOT. */
  appendEmpty(): void {
    const at = this.used;
    if (at === this.buffer.length) this.buffer = grown(this.buffer, at, at + 1);
    this.buffer[at] = 0;
    this.used = at + 1;
    this.rows++;
  }

  /** UTF-8 of `text`; a lone surrogate becomes U+FFFD. */
  appendText(text: string): void {
    const most = text.length * 3;
    const needed = this.used + most + MAX_VARINT_BYTES;
    if (needed > this.buffer.length) this.buffer = grown(this.buffer, this.used, needed);
    if (most < 128) {
      const written = this.buffer.write(text, this.used + 1);
      this.buffer[this.used] = written;
      this.used += written + 1;
    } else {
      const length = Buffer.byteLength(text);
      const at = this.used + varintLength(length);
      writeVarint(this.buffer, this.used, length);
      this.used = at + this.buffer.write(text, at);
    }
    this.rows++;
  }

  /**
   * HOT. Decimal text of a whole number, |value| < 2^53.
   */
  appendInteger(value: number): void {
    const at = this.used;
    if (at + 24 > this.buffer.length) this.buffer = grown(this.buffer, at, at + 24);
    const buffer = this.buffer;
    let rest = value < 0 ? -value : value;
    let digits = 1;
    for (let bound = 10; rest >= bound; bound *= 10) digits++;
    const length = value < 0 ? digits + 1 : digits;
    buffer[at] = length;
    if (value < 0) buffer[at + 1] = 45;
    let i = at + length;
    while (rest > 2147483647) {
      const next = Math.floor(rest / 10);
      buffer[i--] = 48 + (rest - next * 10);
      rest = next;
    }
    let small = rest | 0;
    do {
      const next = (small / 10) | 0;
      buffer[i--] = 48 + (small - next * 10);
      small = next;
    } while (small > 0);
    this.used = at + length + 1;
    this.rows++;
  }
}

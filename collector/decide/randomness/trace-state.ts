// Reads W3C tracestate from a span's bytes: the `ot` member's threshold and randomness, and any member by its key.
import { WireWalk } from '#proto/wire/walk.ts';
import { SPAN } from '#proto/otlp/fields.ts';
import { HALF } from '#proto/model/threshold.ts';

const COMMA = 0x2c;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const COLON = 0x3a;
const { traceState: TRACE_STATE_TAG } = SPAN;
/** Digits of a threshold or of randomness: 56 bits. */
const DIGITS = 14;
const OT = Buffer.from('ot');

/** One is used again for any number of lists: each look-up overwrites what the one before found. */
export class TraceStateReader {
  /** Where the text lies that {@link find} or {@link findMember} found. */
  start = 0;
  end = 0;
  /** What {@link readOt} found; halves of 28 bits, hi = -1 for absent. */
  thresholdHi = -1;
  thresholdLo = 0;
  randomnessHi = -1;
  randomnessLo = 0;
  /** Sub-keys that were malformed and count as absent. */
  malformed = 0;
  readonly #fields = new WireWalk();
  #hexHi = 0;
  #hexLo = 0;

  /** HOT: per span with tracestate. The trace_state of the Span message bytes[from, to); false when there is none. */
  find(bytes: Uint8Array, from: number, to: number): boolean {
    let found = false;
    const fields = this.#fields;
    fields.open(bytes, from, to);
    while (fields.next()) {
      if (fields.tag !== TRACE_STATE_TAG) continue;
      this.start = fields.from;
      this.end = fields.to;
      found = fields.length > 0;
    }
    return found;
  }

  /** HOT. The value of the first member with that key of the list bytes[from, to). */
  findMember(bytes: Uint8Array, from: number, to: number, key: Uint8Array): boolean {
    let at = from;
    while (at < to) {
      while (at < to && isBlank(bytes[at]!)) at++;
      let end = at;
      while (end < to && bytes[end] !== COMMA) end++;
      let i = 0;
      while (i < key.length && bytes[at + i] === key[i]) i++;
      if (i === key.length && at + i < end && bytes[at + i] === EQUALS) {
        this.start = at + i + 1;
        while (end > this.start && isBlank(bytes[end - 1]!)) end--;
        this.end = end;
        return true;
      }
      at = end + 1;
    }
    return false;
  }

  /** HOT: per span with tracestate. Reads `th` and `rv` of the list bytes[from, to). */
  readOt(bytes: Uint8Array, from: number, to: number): void {
    this.thresholdHi = -1;
    this.randomnessHi = -1;
    this.malformed = 0;
    if (!this.findMember(bytes, from, to, OT)) return;
    const listEnd = this.end;
    let at = this.start;
    while (at < listEnd) {
      let end = at;
      while (end < listEnd && bytes[end] !== SEMICOLON) end++;
      if (end - at > 3 && bytes[at + 2] === COLON) {
        const first = bytes[at]!;
        const second = bytes[at + 1]!;
        if (first === 0x74 && second === 0x68) this.#readThreshold(bytes, at + 3, end);
        else if (first === 0x72 && second === 0x76) this.#readRandomness(bytes, at + 3, end);
      } else if (end - at === 3 && bytes[at + 2] === COLON) this.malformed++;
      at = end + 1;
    }
  }

  #readThreshold(bytes: Uint8Array, from: number, to: number): void {
    if (to - from > DIGITS || !this.#readHex(bytes, from, to)) {
      this.malformed++;
      return;
    }
    this.thresholdHi = this.#hexHi;
    this.thresholdLo = this.#hexLo;
  }

  #readRandomness(bytes: Uint8Array, from: number, to: number): void {
    if (to - from !== DIGITS || !this.#readHex(bytes, from, to)) {
      this.malformed++;
      return;
    }
    this.randomnessHi = this.#hexHi;
    this.randomnessLo = this.#hexLo;
  }

  /** Lower-case hex digits, padded with zeros on the right to 14. */
  #readHex(bytes: Uint8Array, from: number, to: number): boolean {
    let hi = 0;
    let lo = 0;
    for (let i = 0; i < DIGITS; i++) {
      const at = from + i;
      let digit = 0;
      if (at < to) {
        const byte = bytes[at]!;
        if (byte >= 0x30 && byte <= 0x39) digit = byte - 0x30;
        else if (byte >= 0x61 && byte <= 0x66) digit = byte - 0x57;
        else return false;
      }
      if (i < DIGITS / 2) hi = hi * 16 + digit;
      else lo = lo * 16 + digit;
    }
    this.#hexHi = hi;
    this.#hexLo = lo;
    return hi < HALF;
  }
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09;
}

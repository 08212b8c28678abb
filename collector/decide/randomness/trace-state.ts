// Reads W3C tracestate from a span's bytes: the `ot` member's threshold and randomness, and any member by its key.
import { WireWalk } from '#proto/wire/walk.ts';
import { SPAN } from '#proto/otlp/fields.ts';
import { HALF } from '#proto/model/threshold.ts';

const COMMA = 0x2c;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const COLON = 0x3a;
const { traceState: TRACE_STATE_TAG } = SPAN;
const fields = new WireWalk();
/** Digits of a threshold or of randomness: 56 bits. */
const DIGITS = 14;
const OT = Buffer.from('ot');

/** What the last {@link readOt} found; halves of 28 bits, hi = -1 for absent. */
export const ot = { thresholdHi: -1, thresholdLo: 0, randomnessHi: -1, randomnessLo: 0, malformed: 0 };
/** Where the last {@link findTraceState} or {@link findMember} found its text. */
export const range = { start: 0, end: 0 };

/** HOT: per span with tracestate. Puts the trace_state of the Span message bytes[from, to) into `range`; false when there is none. */
export function findTraceState(bytes: Uint8Array, from: number, to: number): boolean {
  let found = false;
  fields.open(bytes, from, to);
  while (fields.next()) {
    if (fields.tag !== TRACE_STATE_TAG) continue;
    range.start = fields.from;
    range.end = fields.to;
    found = fields.length > 0;
  }
  return found;
}

/** HOT. Puts the value of the first member with that key of the list bytes[from, to) into `range`. */
export function findMember(bytes: Uint8Array, from: number, to: number, key: Uint8Array): boolean {
  let at = from;
  while (at < to) {
    while (at < to && isBlank(bytes[at]!)) at++;
    let end = at;
    while (end < to && bytes[end] !== COMMA) end++;
    let i = 0;
    while (i < key.length && bytes[at + i] === key[i]) i++;
    if (i === key.length && at + i < end && bytes[at + i] === EQUALS) {
      range.start = at + i + 1;
      range.end = end;
      while (range.end > range.start && isBlank(bytes[range.end - 1]!)) range.end--;
      return true;
    }
    at = end + 1;
  }
  return false;
}

/** HOT: per span with tracestate. Reads `th` and `rv` of the list bytes[from, to) into `ot`; malformed ones count and are absent. */
export function readOt(bytes: Uint8Array, from: number, to: number): void {
  ot.thresholdHi = -1;
  ot.randomnessHi = -1;
  ot.malformed = 0;
  if (!findMember(bytes, from, to, OT)) return;
  const listEnd = range.end;
  let at = range.start;
  while (at < listEnd) {
    let end = at;
    while (end < listEnd && bytes[end] !== SEMICOLON) end++;
    if (end - at > 3 && bytes[at + 2] === COLON) {
      const first = bytes[at]!;
      const second = bytes[at + 1]!;
      if (first === 0x74 && second === 0x68) readThreshold(bytes, at + 3, end);
      else if (first === 0x72 && second === 0x76) readRandomness(bytes, at + 3, end);
    } else if (end - at === 3 && bytes[at + 2] === COLON) ot.malformed++;
    at = end + 1;
  }
}

function readThreshold(bytes: Uint8Array, from: number, to: number): void {
  if (to - from > DIGITS || !readHex(bytes, from, to)) {
    ot.malformed++;
    return;
  }
  ot.thresholdHi = hex.hi;
  ot.thresholdLo = hex.lo;
}

function readRandomness(bytes: Uint8Array, from: number, to: number): void {
  if (to - from !== DIGITS || !readHex(bytes, from, to)) {
    ot.malformed++;
    return;
  }
  ot.randomnessHi = hex.hi;
  ot.randomnessLo = hex.lo;
}

const hex = { hi: 0, lo: 0 };

/** Lower-case hex digits, padded with zeros on the right to 14, into `hex`. */
function readHex(bytes: Uint8Array, from: number, to: number): boolean {
  hex.hi = 0;
  hex.lo = 0;
  for (let i = 0; i < DIGITS; i++) {
    const at = from + i;
    let digit = 0;
    if (at < to) {
      const byte = bytes[at]!;
      if (byte >= 0x30 && byte <= 0x39) digit = byte - 0x30;
      else if (byte >= 0x61 && byte <= 0x66) digit = byte - 0x57;
      else return false;
    }
    if (i < DIGITS / 2) hex.hi = hex.hi * 16 + digit;
    else hex.lo = hex.lo * 16 + digit;
  }
  return hex.hi < HALF;
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09;
}

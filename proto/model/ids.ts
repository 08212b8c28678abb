// Trace and span ids, as the words that typed arrays hold and as the hexadecimal digits that people and W3C Trace Context read.
// https://www.w3.org/TR/trace-context/#trace-id

declare const TRACE_ID: unique symbol;

/** A trace id as 32 lower-case hexadecimal digits: only this file makes one, so that what takes it need not check it. */
export type TraceId = string & { readonly [TRACE_ID]: true };

/** A trace id as four big-endian words of 32 bits. */
export interface TraceIdWords {
  readonly id0: number;
  readonly id1: number;
  readonly id2: number;
  readonly id3: number;
}

/** What names one span: the words of its trace id, the halves of its own. */
export interface SpanIds extends TraceIdWords {
  readonly spanHi: number;
  readonly spanLo: number;
}

/** @throws RangeError for a text that is no trace id; capital letters are read, too */
export function traceIdOf(text: string): TraceId {
  if (!/^[0-9a-f]{32}$/i.test(text)) throw new RangeError('a trace id is 32 hexadecimal digits');
  return text.toLowerCase() as TraceId;
}

/** Of the 16 bytes from `at`. */
export function traceIdOfBytes(bytes: Uint8Array, at: number): TraceId {
  return traceIdHex(word(bytes, at), word(bytes, at + 4), word(bytes, at + 8), word(bytes, at + 12));
}

/** Unsigned words. */
export function traceIdWords(hex: TraceId): TraceIdWords {
  return { id0: wordAt(hex, 0), id1: wordAt(hex, 8), id2: wordAt(hex, 16), id3: wordAt(hex, 24) };
}

/** Words may be signed. */
export function traceIdHex(id0: number, id1: number, id2: number, id3: number): TraceId {
  return (wordHex(id0) + wordHex(id1) + wordHex(id2) + wordHex(id3)) as TraceId;
}

/** 16 lower-case digits. Words may be signed. */
export function spanIdHex(hi: number, lo: number): string {
  return wordHex(hi) + wordHex(lo);
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

function wordAt(hex: string, at: number): number {
  return Number.parseInt(hex.slice(at, at + 8), 16);
}

function wordHex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}

// Trace and span ids, as the words that typed arrays hold and as the hexadecimal digits that people and W3C Trace Context read.
// https://www.w3.org/TR/trace-context/#trace-id

/** A trace id as four big-endian words of 32 bits, unsigned. */
export type TraceIdWords = readonly [id0: number, id1: number, id2: number, id3: number];

/** @param hex 32 hexadecimal digits, checked before */
export function traceIdWords(hex: string): TraceIdWords {
  return [wordAt(hex, 0), wordAt(hex, 8), wordAt(hex, 16), wordAt(hex, 24)];
}

/** 32 lower-case digits. Words may be signed. */
export function traceIdHex(id0: number, id1: number, id2: number, id3: number): string {
  return wordHex(id0) + wordHex(id1) + wordHex(id2) + wordHex(id3);
}

/** 16 lower-case digits. Words may be signed. */
export function spanIdHex(hi: number, lo: number): string {
  return wordHex(hi) + wordHex(lo);
}

function wordAt(hex: string, at: number): number {
  return Number.parseInt(hex.slice(at, at + 8), 16);
}

function wordHex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}

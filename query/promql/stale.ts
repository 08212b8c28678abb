// The staleness marker: a NaN with Prometheus' bits. Numbers lose such bits in JavaScript, so they are read as words.

const STALE_HIGH = 0x7ff00000;
const STALE_LOW = 0x00000002;
const LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;
const HIGH = LITTLE_ENDIAN ? 1 : 0;
const LOW = LITTLE_ENDIAN ? 0 : 1;

/** The 32-bit words of values; make it once per series, then ask `isStaleWord`. */
export function wordsOf(values: Float64Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
}

/** True when the value at `at` is a staleness marker (0x7ff0000000000002). */
export function isStaleWord(words: Uint32Array, at: number): boolean {
  return words[at * 2 + HIGH] === STALE_HIGH && words[at * 2 + LOW] === STALE_LOW;
}

/**
 * Makes the value at `at` a staleness marker.
 * @public
 */
export function markStale(values: Float64Array, at: number): void {
  const words = wordsOf(values);
  words[at * 2 + HIGH] = STALE_HIGH;
  words[at * 2 + LOW] = STALE_LOW;
}

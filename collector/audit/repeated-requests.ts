// Looks whether a request is received twice within a time in which the collector must know it. It has a memory of its own, and compares bytes in place of
// digests, so that it sees what the collector's own window of known requests fails to see.
import { crc32 } from 'node:zlib';
import { SIGNALS, type Signal } from '#proto/otlp/signal.ts';

/** Of the 60 s in which a request must be known, s: what is written when the time is nearly over is no fault. */
const WITHIN_S = 40;
/** Requests that are remembered, a power of two. A later one takes the place of an earlier one: then a repetition is not seen. */
const SLOTS = 32_768;

export class RepeatedRequests {
  readonly #whole = new Uint32Array(SLOTS);
  readonly #half = new Uint32Array(SLOTS);
  readonly #second = new Float64Array(SLOTS);

  /** Remembers a request. @param nowS Unix s, never going back @returns whether the same bytes came a short time before */
  add(signal: Signal, body: Buffer, nowS: number): boolean {
    const whole = crc32(body, SIGNALS.indexOf(signal));
    // A checksum of a part of the same bytes: both together, and the length, make up more than 64 bits.
    const half = (crc32(body.subarray(body.length >>> 1)) ^ Math.imul(body.length, 0x9e3779b1)) >>> 0;
    const slot = (whole ^ (half >>> 13)) & (SLOTS - 1);
    const isRepeated =
      this.#whole[slot] === whole && this.#half[slot] === half && nowS - this.#second[slot]! <= WITHIN_S;
    this.#whole[slot] = whole;
    this.#half[slot] = half;
    this.#second[slot] = nowS;
    return isRepeated;
  }
}

// Times in Unix nanoseconds: 64 bits, which typed arrays hold as two halves of 32 and people read as decimal digits or milliseconds.
import { TWO_32 } from './halves.ts';

export const NS_PER_MS = 1_000_000;
const NS_PER_MS_BIGINT = 1_000_000n;

/** HOT: a time, or a difference of times, of its halves; exact up to 2^53. The halves of a difference may be negative. */
export function nanosOf(hi: number, lo: number): number {
  return hi * TWO_32 + lo;
}

/** ns of whole ms. */
export function nanosOfMs(ms: number): bigint {
  return BigInt(ms) * NS_PER_MS_BIGINT;
}

/** Whole ms of ns, towards zero. */
export function msOfNanos(ns: bigint): number {
  return Number(ns / NS_PER_MS_BIGINT);
}

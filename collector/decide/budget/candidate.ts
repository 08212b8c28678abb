// A trace that waits for the end of its window, as budget and floor see it.
import { HALF, type Threshold } from '#proto/model/threshold.ts';

export interface Candidate {
  /** R, halves of 28 bits. */
  readonly randomHi: number;
  readonly randomLo: number;
  /** Threshold of the rule that matched. */
  readonly rule: Threshold;
  /** The greatest incoming `th`; 0 without one. */
  readonly upstream: Threshold;
  readonly spans: number;
  readonly bytes: number;
  readonly stratum: string;
  /** See {@link Decision.correctedNs}. */
  readonly correctedNs?: number | undefined;
  /** Its rule says `budget: false`: the budget neither cuts it nor is spent by it. */
  readonly outsideBudget: boolean;
}

/** -1, 0 or 1 as a is below, at or above b. */
function compareHalves(aHi: number, aLo: number, bHi: number, bLo: number): number {
  if (aHi !== bHi) return aHi < bHi ? -1 : 1;
  if (aLo !== bLo) return aLo < bLo ? -1 : 1;
  return 0;
}

export function greater(a: Threshold, b: Threshold): Threshold {
  return compareHalves(a.hi, a.lo, b.hi, b.lo) < 0 ? b : a;
}

export function lesser(a: Threshold, b: Threshold): Threshold {
  return compareHalves(a.hi, a.lo, b.hi, b.lo) < 0 ? a : b;
}

/** R >= T. */
export function passes(candidate: Candidate, threshold: Threshold): boolean {
  return compareHalves(candidate.randomHi, candidate.randomLo, threshold.hi, threshold.lo) >= 0;
}

/** The least threshold that excludes a candidate: its R + 1. */
export function justAbove(candidate: Candidate): Threshold {
  const { randomHi, randomLo } = candidate;
  return randomLo === HALF - 1 ? { hi: randomHi + 1, lo: 0 } : { hi: randomHi, lo: randomLo + 1 };
}

/** Highest R first. */
export function byRandomness(a: Candidate, b: Candidate): number {
  return compareHalves(b.randomHi, b.randomLo, a.randomHi, a.randomLo);
}

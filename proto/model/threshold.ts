// Rejection thresholds of OpenTelemetry's consistent probability sampling: a trace is kept iff its randomness R >= T.
// 56-bit values do not fit a double, so both are two 28-bit halves (value = hi * 2^28 + lo). T = 2^56 (hi = 2^28) keeps nothing.

export const HALF_BITS = 28;
/** 2^28: one above the largest half; as hi the threshold that keeps nothing. */
export const HALF = 2 ** HALF_BITS;
const TWO_56 = 1n << 56n;
const DIGITS = 14;

export interface Threshold {
  readonly hi: number;
  readonly lo: number;
}

export const KEEP_ALL: Threshold = { hi: 0, lo: 0 };
export const KEEP_NONE: Threshold = { hi: HALF, lo: 0 };

/** T = 2^56 - p * 2^56, rounded to nearest, for p = numerator / denominator. A p above 0 never becomes nothing. */
function thresholdOfRatio(numerator: bigint, denominator: bigint): Threshold {
  const kept = (numerator * TWO_56 * 2n + denominator) / (denominator * 2n);
  if (numerator <= 0n) return KEEP_NONE;
  const threshold = TWO_56 - (kept === 0n ? 1n : kept);
  return { hi: Number(threshold >> 28n), lo: Number(threshold & 0xfffffffn) };
}

/**
 * A percentage such as `5%`, `0.125 %` or `1/3`, exactly (no double in between).
 * @returns undefined when it is none, or not within 0 and 100 %
 */
export function parseProbability(text: string): Threshold | undefined {
  const percent = /^(\d{1,40})(?:\.(\d{0,40}))?\s*%$/.exec(text.trim());
  const ratio = /^(\d{1,18})\s*\/\s*(\d{1,18})$/.exec(text.trim());
  let numerator: bigint;
  let denominator: bigint;
  if (percent !== null) {
    const fraction = percent[2] ?? '';
    numerator = BigInt(percent[1]! + fraction);
    denominator = 100n * 10n ** BigInt(fraction.length);
  } else if (ratio !== null) {
    numerator = BigInt(ratio[1]!);
    denominator = BigInt(ratio[2]!);
  } else {
    return undefined;
  }
  if (denominator === 0n || numerator > denominator) return undefined;
  return thresholdOfRatio(numerator, denominator);
}

/** HOT. Of two thresholds, or of a randomness and a threshold. */
export function isBelow(hi: number, lo: number, thanHi: number, thanLo: number): boolean {
  return hi < thanHi || (hi === thanHi && lo < thanLo);
}

/** Adjusted count 2^56 / (2^56 - T); Infinity for the threshold that keeps nothing. */
export function weightOf(hi: number, lo: number): number {
  return HALF / (HALF - hi - lo / HALF);
}

/** 14 hex digits of T; undefined for the threshold that keeps nothing, which has no such form. */
export function thresholdText(hi: number, lo: number): string | undefined {
  if (hi >= HALF) return undefined;
  return hi.toString(16).padStart(DIGITS / 2, '0') + lo.toString(16).padStart(DIGITS / 2, '0');
}

/** High half of the randomness in a trace id's low 56 bits, from its third and fourth big-endian words. */
export function randomnessHi(id2: number, id3: number): number {
  return (id2 & 0xffffff) * 16 + (id3 >>> 28);
}

export function randomnessLo(id3: number): number {
  return id3 & 0xfffffff;
}

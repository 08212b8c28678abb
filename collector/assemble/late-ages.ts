// How long after the first span of their trace late spans come, so that waits and the memory of decisions can be judged by it.

/** Steps per doubling, from {@link FIRST_MS} on: quantiles are right to a fifth, and to the second. */
const STEPS_PER_DOUBLING = 4;
const FIRST_MS = 1000;
/** Up to 18 hours. */
const BUCKETS = 65;
/** Beyond so many spans older ones count half, again and again. */
const MOST_COUNTED = 1_000_000;

export class LateAges {
  readonly #counts = new Float64Array(BUCKETS);
  #total = 0;

  /** HOT: per late span of a dropped trace. */
  add(ageMs: number, spans: number): void {
    const bucket =
      ageMs < FIRST_MS ? 0 : Math.min(BUCKETS - 1, Math.floor(Math.log2(ageMs / FIRST_MS) * STEPS_PER_DOUBLING) + 1);
    this.#counts[bucket]! += spans;
    this.#total += spans;
    if (this.#total > MOST_COUNTED) this.#halve();
  }

  /** Most ms after the first span within which `part` of the late spans came; 0 before the first. */
  quantileMs(part: number): number {
    if (this.#total === 0) return 0;
    let sum = 0;
    let bucket = 0;
    for (; bucket < BUCKETS - 1; bucket++) {
      sum += this.#counts[bucket]!;
      if (sum >= this.#total * part) break;
    }
    return Math.round(FIRST_MS * 2 ** (bucket / STEPS_PER_DOUBLING));
  }

  #halve(): void {
    for (let i = 0; i < BUCKETS; i++) this.#counts[i]! /= 2;
    this.#total /= 2;
  }
}

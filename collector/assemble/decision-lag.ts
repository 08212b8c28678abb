// How long after it was due a trace is decided: the answer of the last minute or so, by fixed steps, at the cost of one addition per trace.

/** Upper bounds, ms; what is beyond the last counts as the last. */
const BOUNDS_MS = [5, 10, 15, 20, 25, 30, 40, 50, 75, 100, 150, 200, 300, 500, 750, 1000, 2000, 5000, 10_000, 30_000];
/** So many decisions are looked at before the older ones count half. */
const HALVE_AT = 1_000_000;

export class DecisionLag {
  readonly #counts = new Float64Array(BOUNDS_MS.length);
  #total = 0;
  /** The longest since the last {@link forget}. */
  mostMs = 0;

  /** HOT: per trace decided when its time had come. */
  note(lagMs: number): void {
    let step = 0;
    while (step < BOUNDS_MS.length - 1 && lagMs > BOUNDS_MS[step]!) step++;
    this.#counts[step]!++;
    if (lagMs > this.mostMs) this.mostMs = lagMs;
    if (++this.#total < HALVE_AT) return;
    for (let i = 0; i < this.#counts.length; i++) this.#counts[i]! /= 2;
    this.#total /= 2;
  }

  /** The bound below which that share of the decisions lies, ms; 0 when there was none. */
  quantileMs(share: number): number {
    let left = this.#total * share;
    if (left === 0) return 0;
    for (const [step, count] of this.#counts.entries()) {
      left -= count;
      if (left <= 0) return BOUNDS_MS[step]!;
    }
    return BOUNDS_MS[BOUNDS_MS.length - 1]!;
  }

  forget(): void {
    this.#counts.fill(0);
    this.#total = 0;
    this.mostMs = 0;
  }
}

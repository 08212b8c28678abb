// A moving average over time: a moment tells nothing of a load, seconds do.

/** What happened so long ago counts a third of what happens now. */
const TIME_CONSTANT_MS = 2000;

export class Smoothed {
  value = 0;
  #toldMs = Number.NaN;

  /** @param nowMs never goes back */
  tell(value: number, nowMs: number): void {
    const share = Number.isNaN(this.#toldMs) ? 0 : 1 - Math.exp((this.#toldMs - nowMs) / TIME_CONSTANT_MS);
    this.value += share * (value - this.value);
    this.#toldMs = nowMs;
  }
}

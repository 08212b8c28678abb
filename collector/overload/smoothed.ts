// A moving average over time: the load of one moment says nothing, that of some seconds does.

/** What happened so long ago counts a third of what happens now. */
const TIME_CONSTANT_MS = 2000;

export class Smoothed {
  value = 0;
  #updatedMs = Number.NaN;

  /** @param nowMs never goes back */
  update(value: number, nowMs: number): void {
    const share = Number.isNaN(this.#updatedMs) ? 0 : 1 - Math.exp((this.#updatedMs - nowMs) / TIME_CONSTANT_MS);
    this.value += share * (value - this.value);
    this.#updatedMs = nowMs;
  }
}

// How fast the store accepts blocks while some wait: a moving average over about a minute.

/** Time constant of the average. */
const AVERAGE_OVER_MS = 60_000;
/** The average moves on after so much time with something to send. */
const STEP_MS = 1_000;

/** Pure: the time is an argument. Time in which nothing waits does not count: an idle store is not a slow one. */
export class DrainRate {
  /** 0 until it was measured. */
  bytesPerSecond = 0;
  #isMeasured = false;
  #bytes = 0;
  #busyMs = 0;
  #seenMs = -Infinity;
  #wasBusy = false;

  /** The store has accepted a block. */
  add(bytes: number): void {
    this.#bytes += bytes;
  }

  /** Call it every few hundred ms. @param isBusy whether blocks wait, or are under way */
  advance(nowMs: number, isBusy: boolean): void {
    if ((this.#wasBusy || this.#bytes > 0) && nowMs > this.#seenMs && this.#seenMs !== -Infinity)
      this.#busyMs += nowMs - this.#seenMs;
    this.#seenMs = nowMs;
    this.#wasBusy = isBusy;
    if (this.#busyMs < STEP_MS) return;
    const rate = (this.#bytes * 1000) / this.#busyMs;
    const weight = this.#isMeasured ? 1 - Math.exp(-this.#busyMs / AVERAGE_OVER_MS) : 1;
    this.bytesPerSecond += (rate - this.bytesPerSecond) * weight;
    this.#isMeasured = true;
    this.#bytes = 0;
    this.#busyMs = 0;
  }
}

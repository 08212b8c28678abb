// When a process that ended is started again: at once when it had been ready, with growing waits when it never was or ends too often.

/** First wait before a restart, doubled up to the last. */
const FIRST_WAIT_MS = 200;
const MAX_WAIT_MS = 10_000;
/** More ends than this within that time are no accidents. */
const MOST_ENDS = 5;
const ENDS_WITHIN_MS = 10_000;

export class RestartPolicy {
  readonly #elapsedMs: () => number;
  /** When lives that had been ready ended lately. */
  #ends: number[] = [];
  #waitMs = FIRST_WAIT_MS;

  /** @param elapsedMs a clock that never jumps */
  constructor(elapsedMs: () => number) {
    this.#elapsedMs = elapsedMs;
  }

  /** How long to wait before the next start. @param wasReady whether the life that ended had become ready */
  ended(wasReady: boolean): number {
    const nowMs = this.#elapsedMs();
    this.#ends = this.#ends.filter((endMs) => nowMs - endMs < ENDS_WITHIN_MS);
    if (wasReady) this.#ends.push(nowMs);
    if (wasReady && this.#ends.length <= MOST_ENDS) {
      this.#waitMs = FIRST_WAIT_MS;
      return 0;
    }
    const waitMs = this.#waitMs;
    this.#waitMs = Math.min(this.#waitMs * 2, MAX_WAIT_MS);
    return waitMs;
  }
}

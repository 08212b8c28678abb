// Bounded concurrency: so many requests run, so many wait, the rest are refused with a time to come again. Readers and writers have
// lanes of their own, so that slow readers never hold up ingestion.

export class Lanes {
  readonly #waiting: (() => void)[] = [];
  readonly #limit: number;
  readonly #maxWaiting: number;
  #running = 0;
  /** Who waits until nothing runs. */
  readonly #together: (() => void)[] = [];

  constructor(limit: number, maxWaiting: number) {
    this.#limit = limit;
    this.#maxWaiting = maxWaiting;
  }

  /** Resolves when a lane is free; call the result exactly once to give it back. Rejects with code 202 when too many wait. */
  async enter(): Promise<() => void> {
    if (this.#running < this.#limit) {
      this.#running++;
    } else {
      if (this.#waiting.length >= this.#maxWaiting) {
        throw new Error(
          `Code: 202. DB::Exception: ${this.#running} requests run and ${this.#waiting.length} wait; try again later. (TOO_MANY_SIMULTANEOUS_QUERIES)`,
        );
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    let left = false;
    return () => {
      if (left) return;
      left = true;
      const next = this.#waiting.shift();
      if (next !== undefined) return next(); // the lane passes on, so the count stays
      this.#running--;
      if (this.#running === 0) this.#goOn();
    };
  }

  /**
   * Resolves when nothing runs any more, `most` wait for that, or `ms` have passed: those who end one soon after the other go on
   * together, and where all are busy nobody waits long.
   */
  async ended(ms: number, most: number): Promise<void> {
    if (this.#running === 0) return;
    if (this.#together.length + 1 >= most) {
      this.#goOn();
      return;
    }
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(late);
        resolve();
      };
      const late = setTimeout(() => {
        this.#goOn();
      }, ms);
      this.#together.push(end);
    });
  }

  #goOn(): void {
    for (const end of this.#together.splice(0)) end();
  }
}

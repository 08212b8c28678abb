// A bound on bytes in use at once: what does not fit waits its turn, and is refused where the queue is too long.

interface Waiter {
  readonly bytes: number;
  readonly go: () => void;
}

/** First come, first served, so that one large request cannot starve behind small ones. */
export class ByteBudget {
  readonly #limitBytes: number;
  readonly #maxWaiting: number;
  readonly #waiting: Waiter[] = [];
  #usedBytes = 0;

  /** @param limitBytes in use at once; a single larger request may pass alone. @param maxWaiting requests in the queue. */
  constructor(limitBytes: number, maxWaiting: number) {
    this.#limitBytes = limitBytes;
    this.#maxWaiting = maxWaiting;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Takes bytes at once, or not at all. */
  tryTake(bytes: number): boolean {
    if (this.#waiting.length > 0 || !this.#fits(bytes)) return false;
    this.#usedBytes += bytes;
    return true;
  }

  /** Resolves true when the bytes are the caller's (give them back with {@link give}), false when the queue is full. */
  take(bytes: number): Promise<boolean> {
    if (this.tryTake(bytes)) return Promise.resolve(true);
    if (this.#waiting.length >= this.#maxWaiting) return Promise.resolve(false);
    return new Promise((resolve) => {
      this.#waiting.push({ bytes, go: () => resolve(true) });
    });
  }

  give(bytes: number): void {
    this.#usedBytes -= bytes;
    for (let next = this.#waiting[0]; next !== undefined && this.#fits(next.bytes); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#usedBytes += next.bytes;
      next.go();
    }
  }

  #fits(bytes: number): boolean {
    return this.#usedBytes === 0 || this.#usedBytes + bytes <= this.#limitBytes;
  }
}

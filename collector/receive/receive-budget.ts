// A bound on the bytes of requests from their first byte until their answer, over all connections of both receivers, and one for
// each connection.

/** No connection holds more than this part of the budget. */
const CONNECTION_PART = 1 / 4;
/**
 * Nor more than this part of what the others leave of it: the more is in use, the less a large body gets, so that small ones still find
 * room while large ones stall. Of n connections as greedy as they may be, the last one finds (2/3)^n of the budget free.
 */
const FREE_PART = 1 / 3;

/** What one connection has of the budget. */
export class ConnectionBytes {
  readonly #budget: ReceiveBudget;
  #usedBytes = 0;

  constructor(budget: ReceiveBudget) {
    this.#budget = budget;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Whether so many bytes could be reserved now. */
  fits(bytes: number): boolean {
    return this.#budget.fits(this.#usedBytes, bytes);
  }

  /** Reserves bytes for a body that grows. False: there is no room now, and the client should try again later. */
  reserve(bytes: number): boolean {
    if (!this.fits(bytes)) return false;
    this.#usedBytes += bytes;
    this.#budget.usedBytes += bytes;
    return true;
  }

  release(bytes: number): void {
    this.#usedBytes -= bytes;
    this.#budget.usedBytes -= bytes;
  }
}

export class ReceiveBudget {
  readonly #limitBytes: number;
  readonly #connectionBytes: number;
  /** Kept by the connections. */
  usedBytes = 0;

  /** @param limitBytes in use at once @param maxBodyBytes one body of this size always fits when nothing else is in use */
  constructor(limitBytes: number, maxBodyBytes: number) {
    this.#limitBytes = limitBytes;
    this.#connectionBytes = Math.max(limitBytes * CONNECTION_PART, maxBodyBytes);
  }

  connection(): ConnectionBytes {
    return new ConnectionBytes(this);
  }

  /** Whether a connection that holds `own` bytes may reserve `more`. */
  fits(own: number, more: number): boolean {
    const wanted = own + more;
    if (wanted > this.#connectionBytes) return false;
    const others = this.usedBytes - own;
    return others === 0 || wanted <= (this.#limitBytes - others) * FREE_PART;
  }
}

// How many inserts may be under way: a circuit breaker for a store that is away, and additive increase, multiplicative decrease for one
// that has too much to do.

/** closed: inserts go out. open: none does until its wait is over. half-open: one at a time, to see whether the store accepts it. */
export type CircuitState = 'closed' | 'open' | 'half-open';

export const CIRCUIT_STATES: readonly CircuitState[] = ['closed', 'open', 'half-open'];

/** Inserts at the same time: one would leave the server idle while the next block travels. */
export const MAX_IN_FLIGHT = 4;
/** Where it begins, and begins again when the store is back. */
const FIRST_LIMIT = 1;
const MIN_WAIT_MS = 100;
const MAX_AWAY_WAIT_MS = 5_000;
const MAX_OVERLOAD_WAIT_MS = 10_000;

/** Pure: the time is an argument of each call. */
export class Circuit {
  state: CircuitState = 'closed';
  /** Since when the store is away. */
  awaySinceMs: number | undefined;
  /** Since when it has too much to do; undefined again when it accepts blocks as fast as ever. */
  overloadedSinceMs: number | undefined;
  /** What is waited after a failure before the next insert. */
  waitMs = 0;
  #limit = MAX_IN_FLIGHT;
  #notBeforeMs = 0;

  /** Inserts that the store is given at the same time now. */
  get limit(): number {
    return this.state === 'closed' ? Math.floor(this.#limit) : 1;
  }

  /** How many more may be begun. */
  room(nowMs: number, inFlight: number): number {
    if (nowMs < this.#notBeforeMs) return 0;
    if (this.state === 'open') this.state = 'half-open';
    if (this.state === 'half-open') return inFlight === 0 ? 1 : 0;
    return Math.max(0, this.limit - inFlight);
  }

  /** A block was accepted. */
  succeeded(): void {
    if (this.state !== 'closed') this.#close();
    else {
      this.#limit = Math.min(MAX_IN_FLIGHT, this.#limit + 1 / this.#limit);
      this.waitMs = this.waitMs <= MIN_WAIT_MS ? 0 : this.waitMs / 2;
    }
    if (this.#limit === MAX_IN_FLIGHT) this.overloadedSinceMs = undefined;
  }

  /** The store answered, though it did not accept the block: it is not away. */
  answered(): void {
    if (this.state !== 'closed') this.#close();
  }

  overloaded(nowMs: number): void {
    this.answered();
    this.overloadedSinceMs ??= nowMs;
    this.#limit = Math.max(FIRST_LIMIT, this.#limit / 2);
    this.#wait(nowMs, MAX_OVERLOAD_WAIT_MS);
  }

  away(nowMs: number): void {
    this.awaySinceMs ??= nowMs;
    if (this.state === 'open') return; // of inserts that were begun together
    this.state = 'open';
    this.#wait(nowMs, MAX_AWAY_WAIT_MS);
  }

  #close(): void {
    this.state = 'closed';
    this.awaySinceMs = undefined;
    this.#limit = FIRST_LIMIT;
    this.#notBeforeMs = 0;
    this.waitMs = 0;
  }

  #wait(nowMs: number, mostMs: number): void {
    this.waitMs = Math.min(mostMs, Math.max(MIN_WAIT_MS, this.waitMs * 2));
    this.#notBeforeMs = nowMs + this.waitMs;
  }
}

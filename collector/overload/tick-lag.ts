// How much later than asked for a repeated timer fires: what the event loop was busy with meanwhile.

export class TickLag {
  readonly #everyMs: number;
  #firedMs = Number.NaN;

  /** @param everyMs what the timer was asked for */
  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  /** The timer fired. @param nowMs a clock that never jumps @returns ms too late, at least 0 */
  fired(nowMs: number): number {
    const lateMs = Number.isNaN(this.#firedMs) ? 0 : Math.max(0, nowMs - this.#firedMs - this.#everyMs);
    this.#firedMs = nowMs;
    return lateMs;
  }
}

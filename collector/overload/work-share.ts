// Shares the one thread between requests and decisions: where decisions are behind, they get a turn as long as requests took since the
// last one, so that neither starves the other whatever is offered.

/** Turns are no shorter: even when no request comes something gets done. */
const LEAST_TURN_MS = 1;
/** Nor longer: a request waits no longer than this for its turn. */
const MOST_TURN_MS = 25;

export class WorkShare {
  /** Time of requests and of decisions since the start, ms. */
  requestsMs = 0;
  decisionsMs = 0;
  #sinceTurnMs = 0;

  /** A request took so long. */
  request(ms: number): void {
    this.requestsMs += ms;
    this.#sinceTurnMs += ms;
  }

  /** How long the next turn of decisions may be, ms. */
  turnMs(): number {
    const ms = Math.min(MOST_TURN_MS, Math.max(LEAST_TURN_MS, this.#sinceTurnMs));
    this.#sinceTurnMs = 0;
    return ms;
  }

  /** A turn of decisions took so long. */
  turn(ms: number): void {
    this.decisionsMs += ms;
  }
}

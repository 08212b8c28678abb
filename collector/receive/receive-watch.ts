// Looks after bodies that are being received: one that comes too slowly, or is never finished or answered, is cut.

/** How often it looks, ms; all times are counted in its looks, so that a pause of this very process cuts nobody. */
const LOOK_EVERY_MS = 1000;

export interface WatchLimits {
  /** The rate is measured over so many looks, one measurement after the other. */
  readonly rateLooks: number;
  /** Bytes that must have come in each of these times. */
  readonly leastBytes: number;
  /** A body must be whole after so many looks. */
  readonly wholeLooks: number;
  /** From the first byte to the answer, whatever the reason. */
  readonly answerLooks: number;
}

/** A link that carries less than 1 KiB/s loses more by retries than it gains by patience; 60 s is also the usual limit of HTTP servers. */
export const DEFAULT_WATCH_LIMITS: WatchLimits = {
  rateLooks: 10,
  leastBytes: 10 * 1024,
  wholeLooks: 60,
  answerLooks: 120,
};

/** A request from its head until its answer. */
export interface WatchedRequest {
  /** Bytes of the body that came until now. */
  readonly receivedBytes: number;
  /** All of it is here. */
  readonly isWhole: boolean;
  /** Ends the request with an answer that makes the client try again. Called once. */
  cut(why: string): void;
}

interface Seen {
  looks: number;
  /** Bytes that had come when the rate was last measured. */
  measuredBytes: number;
}

export class ReceiveWatch {
  readonly #limits: WatchLimits;
  /** As many as there are requests under way, which connections and streams bound. */
  readonly #seen = new Map<WatchedRequest, Seen>();
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: WatchLimits = DEFAULT_WATCH_LIMITS) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#seen.size;
  }

  /** Looks by itself from now on. */
  start(): void {
    this.#timer ??= setInterval(() => this.look(), LOOK_EVERY_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  add(request: WatchedRequest): void {
    this.#seen.set(request, { looks: 0, measuredBytes: 0 });
  }

  remove(request: WatchedRequest): void {
    this.#seen.delete(request);
  }

  look(): void {
    for (const [request, seen] of this.#seen) {
      seen.looks++;
      const why = this.#problem(request, seen);
      if (why === undefined) continue;
      this.#seen.delete(request);
      request.cut(why);
    }
  }

  #problem({ isWhole, receivedBytes }: WatchedRequest, seen: Seen): string | undefined {
    const { rateLooks, leastBytes, wholeLooks, answerLooks } = this.#limits;
    const { looks, measuredBytes } = seen;
    if (looks >= answerLooks) return `the request was not answered within ${answerLooks} s`;
    if (isWhole) return undefined;
    if (looks >= wholeLooks) return `the request was not whole after ${wholeLooks} s`;
    if (looks % rateLooks !== 0) return undefined;
    seen.measuredBytes = receivedBytes;
    const bytes = receivedBytes - measuredBytes;
    return bytes >= leastBytes ? undefined : `only ${bytes} bytes of the request came in ${rateLooks} s`;
  }
}

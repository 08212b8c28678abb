// Requests that were taken but could not be written: their senders were told to come again. They are known when they do, and then only written.
import type { IntakeAnswer, IntakeRequest } from '../receive/intake.ts';
import type { Circumstances } from './record.ts';
import { digest } from './repeated-requests.ts';

/** At most so many: those that were on their way when the disk failed; receivers let none in while it does. */
const MOST_REQUESTS = 16_384;
/** Clients that try again do so within this time. */
const FORGET_AFTER_MS = 120_000;

export interface UnwrittenRequest {
  readonly taken: Circumstances;
  /** What was to be answered. */
  readonly answer: IntakeAnswer;
  readonly atMs: number;
}

export class UnwrittenRequests {
  /** By digest, in the order in which they failed. */
  readonly #known = new Map<string, UnwrittenRequest>();

  note(request: IntakeRequest, unwritten: UnwrittenRequest): void {
    this.#known.set(digest(request), unwritten);
    this.#forget(unwritten.atMs);
  }

  /** The request comes again: what is known of it, once. */
  take(request: IntakeRequest, nowMs: number): UnwrittenRequest | undefined {
    if (this.#known.size === 0) return undefined;
    this.#forget(nowMs);
    if (this.#known.size === 0) return undefined; // no digests for nothing
    const key = digest(request);
    const known = this.#known.get(key);
    this.#known.delete(key);
    return known;
  }

  get size(): number {
    return this.#known.size;
  }

  #forget(nowMs: number): void {
    for (const [oldest, { atMs }] of this.#known) {
      if (this.#known.size <= MOST_REQUESTS && nowMs - atMs <= FORGET_AFTER_MS) return;
      this.#known.delete(oldest);
    }
  }
}

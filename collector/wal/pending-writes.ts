// Requests that were accepted and are not yet written: their senders wait, each no longer than it can.
import type { Signal } from '#proto/otlp/signal.ts';
import type { IntakeAnswer } from '../receive/intake.ts';
import type { AcceptedAnswer } from './known-requests.ts';

/** Left of a client's deadline for the answer's way back. */
const MARGIN_MS = 500;
/** No reply is held longer, whatever a client says it will wait. */
const LONGEST_WAIT_MS = 8_000;
/** After this time clients retry, ms. */
const RETRY_AFTER_MS = 1000;
/** Requests under way at once; beyond, receivers hold their replies. */
const MOST_PENDING = 131_072;

/** A request that was accepted. */
export interface AcceptedRequest {
  /** Among the known ones. */
  readonly number: number;
  /** As the ledger counts them. */
  readonly items: number;
  readonly answer: AcceptedAnswer;
}

interface Waiter {
  readonly signal: Signal;
  readonly dueMs: number;
  readonly answer: (answer: IntakeAnswer) => void;
}

interface Pending {
  waiters: Waiter[];
}

export class PendingWrites {
  /** Items of requests that were written. */
  readonly written: Record<Signal, number> = { traces: 0, logs: 0, metrics: 0 };
  /** By number of the request. */
  readonly #pending = new Map<number, Pending>();
  readonly #elapsedMs: () => number;
  readonly #onLate: (signal: Signal) => void;
  #nextDueMs = Infinity;

  /** @param elapsedMs ms of a clock that never jumps @param onLate a sender could wait no longer */
  constructor(elapsedMs: () => number, onLate: (signal: Signal) => void) {
    this.#elapsedMs = elapsedMs;
    this.#onLate = onLate;
  }

  get isFull(): boolean {
    return this.#pending.size >= MOST_PENDING;
  }

  /** The answer to a request that is being written; busy if that lasts longer than its sender waits, or fails for good. */
  add(
    { number, items, answer }: AcceptedRequest,
    written: Promise<void>,
    signal: Signal,
    deadlineMs: number,
  ): Promise<IntakeAnswer> {
    const pending: Pending = { waiters: [] };
    this.#pending.set(number, pending);
    written.then(
      () => {
        this.written[signal] += items;
        this.#finish(number, answer);
      },
      (error: unknown) => this.#finish(number, busy(error instanceof Error ? error.message : String(error))),
    );
    return this.#wait(pending, signal, deadlineMs);
  }

  /** The same for a copy of it; undefined when the request is not being written. */
  join(request: number, signal: Signal, deadlineMs: number): Promise<IntakeAnswer> | undefined {
    const pending = this.#pending.get(request);
    return pending === undefined ? undefined : this.#wait(pending, signal, deadlineMs);
  }

  /** Answers those that can wait no longer. Their requests are still written, and are known when they are sent again. */
  tick(why: string): void {
    const nowMs = this.#elapsedMs();
    if (nowMs < this.#nextDueMs) return;
    this.#nextDueMs = Infinity;
    for (const pending of this.#pending.values()) {
      const late = pending.waiters.filter((waiter) => waiter.dueMs <= nowMs);
      pending.waiters = pending.waiters.filter((waiter) => waiter.dueMs > nowMs);
      for (const waiter of late) {
        this.#onLate(waiter.signal);
        waiter.answer(busy(why));
      }
      for (const { dueMs } of pending.waiters) this.#nextDueMs = Math.min(this.#nextDueMs, dueMs);
    }
  }

  #wait(pending: Pending, signal: Signal, deadlineMs: number): Promise<IntakeAnswer> {
    const waitMs = Math.min(LONGEST_WAIT_MS, Math.max(deadlineMs - MARGIN_MS, deadlineMs / 2));
    const dueMs = this.#elapsedMs() + waitMs;
    this.#nextDueMs = Math.min(this.#nextDueMs, dueMs);
    return new Promise((answer) => {
      pending.waiters.push({ signal, dueMs, answer });
    });
  }

  #finish(request: number, answer: IntakeAnswer): void {
    const waiters = this.#pending.get(request)?.waiters ?? [];
    this.#pending.delete(request);
    for (const waiter of waiters) waiter.answer(answer);
  }
}

function busy(why: string): IntakeAnswer {
  const message = `the write-ahead log cannot be written now (${why}): send the request again, it will be known`;
  return { kind: 'busy', retryAfterMs: RETRY_AFTER_MS, message };
}

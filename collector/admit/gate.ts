// Holds replies while the pipeline is under pressure, and refuses only when a client would soon stop waiting: some never ask twice.
import type { Intake, IntakeAnswer, IntakeRequest, RefusalReason, Signal } from '../receive/intake.ts';

/** Left of the deadline for the answer's way back. */
const MARGIN_MS = 500;
/** A client that waits for less than this is answered at once: holding would only make it time out. */
const MIN_HOLD_MS = 50;
/** Bounds of what a client is told to wait: short enough that Go's 10 s allow another try, long enough to let the pressure ease. */
const MIN_RETRY_MS = 1000;
const MAX_RETRY_MS = 5000;
/** Refused clients are spread over this many steps of the delay, so that they do not come back together. */
const SPREAD_STEPS = 8;

/** Time as the gate needs it; tests bring their own. */
export interface GateClock {
  nowMs(): number;
  /** Calls `run` after the delay unless the returned function was called first. */
  after(delayMs: number, run: () => void): () => void;
}

export interface GateLimits {
  /** Requests held at once, and their bytes: both bounds hold. */
  readonly maxHeld: number;
  readonly maxHeldBytes: number;
  /** No reply is held longer, whatever a client says it will wait. */
  readonly maxHoldMs: number;
}

/** 9.5 s: Go's exporter gives up after 10 s in all. */
export const DEFAULT_GATE_LIMITS: GateLimits = { maxHeld: 1024, maxHeldBytes: 128 * 1024 * 1024, maxHoldMs: 9500 };

interface Held {
  readonly request: IntakeRequest;
  readonly sinceMs: number;
  readonly answer: (answer: IntakeAnswer | Promise<IntakeAnswer>) => void;
  cancelTimer: () => void;
}

/** An {@link Intake} in front of another. The pipeline calls {@link release} whenever its pressure may have eased. */
export class Gate implements Intake {
  readonly #inner: Intake;
  readonly #pressure: () => boolean;
  readonly #clock: GateClock;
  readonly #limits: GateLimits;
  /** In order of arrival: a Set keeps it, and lets one go from the middle. */
  readonly #held = new Set<Held>();
  #heldBytes = 0;
  #isClosed = false;
  #fullSinceMs: number | null = null;
  #refusals = 0;

  /** @param pressure true while the pipeline can take nothing more */
  constructor(inner: Intake, pressure: () => boolean, clock: GateClock, limits: GateLimits = DEFAULT_GATE_LIMITS) {
    this.#inner = inner;
    this.#pressure = pressure;
    this.#clock = clock;
    this.#limits = limits;
  }

  get heldRequests(): number {
    return this.#held.size;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  accept(request: IntakeRequest): IntakeAnswer | Promise<IntakeAnswer> {
    // Others may be held although the pressure is gone by now: they go first, and their room is free again.
    if (this.#held.size > 0) this.release();
    if (this.#held.size === 0 && !this.#isFull()) return this.#inner.accept(request);
    const holdMs = this.#isClosed ? 0 : Math.min(request.deadlineMs - MARGIN_MS, this.#limits.maxHoldMs);
    const noRoom = this.#held.size >= this.#limits.maxHeld || this.#heldBytes + request.body.length > this.#limits.maxHeldBytes;
    if (noRoom || holdMs < MIN_HOLD_MS) return this.#busy(request.signal);
    return new Promise((resolve) => {
      const held: Held = { request, sinceMs: this.#clock.nowMs(), answer: resolve, cancelTimer: () => undefined };
      this.#held.add(held);
      this.#heldBytes += request.body.length;
      held.cancelTimer = this.#clock.after(holdMs, () => {
        this.#remove(held);
        resolve(this.#busy(request.signal));
      });
    });
  }

  refused(signal: Signal, reason: RefusalReason): void {
    this.#inner.refused(signal, reason);
  }

  /** Lets held requests through, oldest first, for as long as there is no pressure. */
  release(): void {
    for (const held of this.#held) {
      if (this.#isFull()) return;
      this.#remove(held);
      held.cancelTimer();
      // The time it was held is no longer part of its deadline.
      const deadlineMs = Math.max(0, held.request.deadlineMs - (this.#clock.nowMs() - held.sinceMs));
      held.answer(this.#inner.accept({ ...held.request, deadlineMs }));
    }
  }

  /** Answers all held requests busy and holds no more: the process is going down. */
  close(): void {
    this.#isClosed = true;
    for (const held of this.#held) {
      this.#remove(held);
      held.cancelTimer();
      held.answer(this.#busy(held.request.signal));
    }
  }

  #remove(held: Held): void {
    this.#held.delete(held);
    this.#heldBytes -= held.request.body.length;
  }

  #isFull(): boolean {
    const full = this.#pressure();
    if (!full) this.#fullSinceMs = null;
    else this.#fullSinceMs ??= this.#clock.nowMs();
    return full;
  }

  /** A jam is guessed to last half as long again as it has. */
  #busy(signal: Signal): IntakeAnswer {
    this.#inner.refused(signal, 'busy');
    const jamMs = this.#fullSinceMs === null ? 0 : this.#clock.nowMs() - this.#fullSinceMs;
    const baseMs = Math.min(MAX_RETRY_MS, Math.max(MIN_RETRY_MS, jamMs / 2));
    const spread = (this.#refusals++ % SPREAD_STEPS) / SPREAD_STEPS;
    const retryAfterMs = Math.round(Math.min(MAX_RETRY_MS, baseMs * (1 + spread / 2)));
    return { kind: 'busy', retryAfterMs, message: 'the pipeline is full: nothing of this request was taken, send it again later' };
  }
}

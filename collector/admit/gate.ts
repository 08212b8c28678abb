// Holds replies while the pipeline is under pressure, and refuses only when a client would soon stop waiting: some never ask twice.
import { fitsUnderCap } from '#collector/model/bulkhead.ts';
import { SIGNALS, type Signal } from '#proto/otlp/signal.ts';
import type { Intake, IntakeAnswer, IntakeRequest, RefusalReason } from '../receive/intake.ts';

/** Left of the deadline for the answer's way back. */
const MARGIN_MS = 500;
/** A client that waits for less than this is answered at once: holding would only make it time out. */
const MIN_HOLD_MS = 50;
/** Bounds of a guessed delay: short enough that Go's 10 s allow another try, long enough for the pressure to ease. */
const MIN_RETRY_MS = 1000;
const MAX_RETRY_MS = 5000;
/** Where the delay is not guessed but measured it may be longer; it is spread on top of this. */
const MAX_MEASURED_RETRY_MS = 30_000;
/** Refused clients are spread over this many steps of the delay, so that they do not come back together. */
const SPREAD_STEPS = 8;
const BUSY_MESSAGE = 'the pipeline is full: nothing of this request was accepted, send it again later';

/** Time as the gate needs it; tests bring their own. */
export interface GateClock {
  nowMs(): number;
  /** Calls `run` after the delay unless the returned function was called first. */
  after(delayMs: number, run: () => void): () => void;
}

export interface GateLimits {
  /** Requests held at once, and their bytes: both bounds hold. Each signal has a quarter of both for itself. */
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

/** Held requests of one signal. */
interface Lane {
  /** In order of arrival: a Set keeps the order, and one can be removed from the middle. */
  readonly held: Set<Held>;
  fullSinceMs: number | null;
}

/** An {@link Intake} in front of another. The pipeline calls {@link release} whenever its pressure may have eased. */
export class Gate implements Intake {
  readonly #inner: Intake;
  readonly #pressure: (signal: Signal) => boolean;
  readonly #retryAfterMs: (signal: Signal) => number;
  readonly #mostRetryMs: number;
  readonly #clock: GateClock;
  readonly #limits: GateLimits;
  readonly #lanes: Readonly<Record<Signal, Lane>> = { traces: emptyLane(), logs: emptyLane(), metrics: emptyLane() };
  readonly #heldCount: Record<Signal, number> = { traces: 0, logs: 0, metrics: 0 };
  readonly #heldSizes: Record<Signal, number> = { traces: 0, logs: 0, metrics: 0 };
  #isClosed = false;
  #refusals = 0;

  /**
   * @param pressure true while the pipeline has no room for that signal
   * @param retryAfterMs how long a client of that signal should wait; by default a jam is assumed to last half as long again
   */
  constructor(
    inner: Intake,
    pressure: (signal: Signal) => boolean,
    clock: GateClock,
    limits: GateLimits = DEFAULT_GATE_LIMITS,
    retryAfterMs?: (signal: Signal) => number,
  ) {
    this.#inner = inner;
    this.#pressure = pressure;
    this.#clock = clock;
    this.#limits = limits;
    this.#retryAfterMs = retryAfterMs ?? ((signal) => this.#guessMs(signal));
    this.#mostRetryMs = retryAfterMs === undefined ? MAX_RETRY_MS : Infinity;
  }

  get heldRequests(): number {
    return this.#heldCount.traces + this.#heldCount.logs + this.#heldCount.metrics;
  }

  get heldBytes(): number {
    return this.#heldSizes.traces + this.#heldSizes.logs + this.#heldSizes.metrics;
  }

  accept(request: IntakeRequest): IntakeAnswer | Promise<IntakeAnswer> {
    const { signal } = request;
    const { held } = this.#lanes[signal];
    // Others may be held although the pressure has eased by now: they are first, and their room is free again.
    if (held.size > 0) this.#releaseSignal(signal);
    if (held.size === 0 && !this.#isFull(signal)) return this.#inner.accept(request);
    const holdMs = this.#isClosed ? 0 : Math.min(request.deadlineMs - MARGIN_MS, this.#limits.maxHoldMs);
    if (!this.#hasRoom(request) || holdMs < MIN_HOLD_MS) return this.#busy(signal);
    return this.#hold(request, holdMs);
  }

  refused(signal: Signal, reason: RefusalReason): void {
    this.#inner.refused(signal, reason);
  }

  /** Lets held requests through, oldest first, for as long as there is no pressure on their signal. */
  release(): void {
    for (const signal of SIGNALS) this.#releaseSignal(signal);
  }

  /** Answers all held requests busy and holds no more: the process is going down. */
  close(): void {
    this.#isClosed = true;
    for (const signal of SIGNALS) {
      for (const held of this.#lanes[signal].held) {
        this.#remove(held);
        held.answer(this.#busy(signal));
      }
    }
  }

  #releaseSignal(signal: Signal): void {
    for (const held of this.#lanes[signal].held) {
      if (this.#isFull(signal)) return;
      this.#remove(held);
      // The time it was held is no longer part of its deadline.
      const deadlineMs = Math.max(0, held.request.deadlineMs - (this.#clock.nowMs() - held.sinceMs));
      held.answer(this.#inner.accept({ ...held.request, deadlineMs }));
    }
  }

  #hold(request: IntakeRequest, holdMs: number): Promise<IntakeAnswer> {
    const { signal, caller } = request;
    if (caller?.isDisconnected === true) return Promise.resolve(this.#dropped(signal));
    return new Promise((resolve) => {
      const held: Held = { request, sinceMs: this.#clock.nowMs(), answer: resolve, cancelTimer: () => undefined };
      this.#lanes[signal].held.add(held);
      this.#heldCount[signal]++;
      this.#heldSizes[signal] += request.body.length;
      held.cancelTimer = this.#clock.after(holdMs, () => {
        this.#remove(held);
        resolve(this.#busy(signal));
      });
      if (caller !== undefined) {
        caller.onDisconnect = () => {
          this.#remove(held);
          resolve(this.#dropped(signal));
        };
      }
    });
  }

  /** The client has disconnected: its request is dropped without being processed, and this answer reaches no one. */
  #dropped(signal: Signal): IntakeAnswer {
    this.#inner.refused(signal, 'canceled');
    return { kind: 'busy', retryAfterMs: MIN_RETRY_MS, message: BUSY_MESSAGE };
  }

  #hasRoom({ signal, body }: IntakeRequest): boolean {
    const { maxHeld, maxHeldBytes } = this.#limits;
    return (
      fitsUnderCap(signal, this.#heldCount, maxHeld, 1) &&
      fitsUnderCap(signal, this.#heldSizes, maxHeldBytes, body.length)
    );
  }

  #remove(held: Held): void {
    const { signal, body, caller } = held.request;
    if (!this.#lanes[signal].held.delete(held)) return;
    this.#heldCount[signal]--;
    this.#heldSizes[signal] -= body.length;
    held.cancelTimer();
    if (caller !== undefined) caller.onDisconnect = undefined;
  }

  #isFull(signal: Signal): boolean {
    const full = this.#pressure(signal);
    const lane = this.#lanes[signal];
    if (!full) lane.fullSinceMs = null;
    else lane.fullSinceMs ??= this.#clock.nowMs();
    return full;
  }

  #busy(signal: Signal): IntakeAnswer {
    this.#inner.refused(signal, 'busy');
    const baseMs = Math.min(MAX_MEASURED_RETRY_MS, Math.max(MIN_RETRY_MS, this.#retryAfterMs(signal)));
    const spread = (this.#refusals++ % SPREAD_STEPS) / SPREAD_STEPS;
    const retryAfterMs = Math.round(Math.min(this.#mostRetryMs, baseMs * (1 + spread / 2)));
    return { kind: 'busy', retryAfterMs, message: BUSY_MESSAGE };
  }

  /** A jam is assumed to last half as long again as it has lasted. */
  #guessMs(signal: Signal): number {
    const { fullSinceMs } = this.#lanes[signal];
    return fullSinceMs === null ? 0 : (this.#clock.nowMs() - fullSinceMs) / 2;
  }
}

function emptyLane(): Lane {
  return { held: new Set(), fullSinceMs: null };
}

// An intake that can be shut at once: every later request is answered as retryable. For a process that must end now, while connections are still open.
import type { Signal } from '#proto/otlp/signal.ts';
import type { Intake, IntakeAnswer, IntakeRequest, RefusalReason } from '../receive/intake.ts';

/** The next process is there about then. */
const RETRY_AFTER_MS = 1000;

export class ClosableIntake implements Intake {
  readonly #inner: Intake;
  #isShut = false;

  constructor(inner: Intake) {
    this.#inner = inner;
  }

  accept(request: IntakeRequest): IntakeAnswer | Promise<IntakeAnswer> {
    if (!this.#isShut) return this.#inner.accept(request);
    this.#inner.refused(request.signal, 'busy');
    return {
      kind: 'busy',
      retryAfterMs: RETRY_AFTER_MS,
      message: 'the collector is ending: nothing of this request was accepted, send it again',
    };
  }

  refused(signal: Signal, reason: RefusalReason): void {
    this.#inner.refused(signal, reason);
  }

  shut(): void {
    this.#isShut = true;
  }
}

// An intake in front of another that lets no request keep the event loop: large ones are checked and cut in a thread of their own, and their pieces are taken
// one after the other with other work between. They are taken as one request: all or nothing where something is wrong with it, and one answer.
import type { Intake, IntakeAnswer, IntakeRequest, RefusalReason, Signal } from '../../receive/intake.ts';
import { RECEIVER_FULL_RETRY_MS } from '../../receive/limits.ts';
import { fitsUnderCap } from '../bulkhead.ts';
import { CheckQueue, type StartThread } from './check-queue.ts';
import type { LargeRequest } from './check-request.ts';
import { isLarge } from './weigh.ts';

/** Bodies that are checked, wait for it, or are being taken, as times the largest body. */
const BODIES_AT_ONCE = 2;
/** Different words of so many pieces are told to the client. */
const MAX_MESSAGES = 5;

const PART_TAKEN = 'the pipeline became full while this request was taken: send all of it again later, what was taken of it is not taken twice';

export interface LargeRequestOptions {
  readonly maxBodyBytes: number;
  /** ms of a clock that never jumps. */
  readonly elapsedMs: () => number;
  /** Resolves when other work had its turn. */
  readonly turn: () => Promise<unknown>;
  readonly startThread?: StartThread;
}

/** Bodies of large requests are taken away from the caller: they are empty afterwards. */
export class LargeRequests implements Intake {
  readonly #inner: Intake;
  readonly #options: LargeRequestOptions;
  readonly #queue: CheckQueue;
  readonly #bytes: Record<Signal, number> = { traces: 0, logs: 0, metrics: 0 };
  /** So far, and the pieces they became. */
  readonly requests: Record<Signal, number> = { traces: 0, logs: 0, metrics: 0 };
  readonly pieces: Record<Signal, number> = { traces: 0, logs: 0, metrics: 0 };
  /** The last piece that has its turn: one piece a turn, whatever request it is of. */
  #lastTurn: Promise<unknown> = Promise.resolve();

  constructor(inner: Intake, options: LargeRequestOptions) {
    this.#inner = inner;
    this.#options = options;
    this.#queue = new CheckQueue(options.startThread);
  }

  get pendingBytes(): number {
    return this.#bytes.traces + this.#bytes.logs + this.#bytes.metrics;
  }

  accept(request: IntakeRequest): IntakeAnswer | Promise<IntakeAnswer> {
    return isLarge(request.signal, request.body) ? this.#take(request, 'protobuf') : this.#inner.accept(request);
  }

  acceptJson(request: IntakeRequest): Promise<IntakeAnswer> {
    return this.#take(request, 'json');
  }

  refused(signal: Signal, reason: RefusalReason): void {
    this.#inner.refused(signal, reason);
  }

  close(): Promise<void> {
    return this.#queue.close();
  }

  async #take(request: IntakeRequest, encoding: LargeRequest['encoding']): Promise<IntakeAnswer> {
    const { signal, body, caller } = request;
    const { maxBodyBytes, elapsedMs } = this.#options;
    const { length } = body;
    if (!fitsUnderCap(maxBodyBytes * BODIES_AT_ONCE, signal, this.#bytes, length)) {
      return this.#busy(signal, 'too many large requests at once: nothing of this one was taken, send it again later');
    }
    this.#bytes[signal] += length;
    const startedMs = elapsedMs();
    try {
      const checked = await this.#queue.check({ signal, encoding, body, maxBodyBytes }, () => caller?.isGone !== true);
      if (caller?.isGone === true) return this.#canceled(signal);
      switch (checked.kind) {
        case 'failed':
          return this.#busy(signal, `${checked.message}: nothing of the request was taken, send it again later`);
        case 'refused':
          this.#inner.refused(signal, checked.reason);
          return { kind: checked.reason === 'malformed' ? 'malformed' : 'too_large', message: checked.message };
        case 'pieces':
          this.requests[signal]++;
          return await this.#takePieces(request, checked.pieces, startedMs);
      }
    } finally {
      this.#bytes[signal] -= length;
    }
  }

  async #takePieces(request: IntakeRequest, pieces: readonly Uint8Array[], startedMs: number): Promise<IntakeAnswer> {
    const { signal, caller } = request;
    const messages = new Set<string>();
    let rejected = 0;
    let taken = 0;
    for (const piece of pieces) {
      await this.#turn();
      if (caller?.isGone === true) return this.#canceled(signal);
      const deadlineMs = request.deadlineMs - (this.#options.elapsedMs() - startedMs);
      const answer = await this.#inner.accept({ ...request, body: Buffer.from(piece.buffer, piece.byteOffset, piece.length), deadlineMs });
      // The pieces before it are known when the client sends all of them again.
      if (answer.kind === 'busy' && taken > 0) return { ...answer, message: PART_TAKEN };
      if (answer.kind !== 'accepted') return answer;
      taken++;
      this.pieces[signal]++;
      rejected += answer.rejected;
      if (answer.message !== '' && messages.size < MAX_MESSAGES) messages.add(answer.message);
    }
    return { kind: 'accepted', rejected, message: [...messages].join('; ') };
  }

  /** Resolves in the order in which it is called, each time after another turn of the event loop. */
  #turn(): Promise<unknown> {
    this.#lastTurn = this.#lastTurn.then(this.#options.turn);
    return this.#lastTurn;
  }

  #busy(signal: Signal, message: string): IntakeAnswer {
    this.#inner.refused(signal, 'busy');
    return { kind: 'busy', retryAfterMs: RECEIVER_FULL_RETRY_MS, message };
  }

  /** The client has gone: nobody hears this answer. */
  #canceled(signal: Signal): IntakeAnswer {
    this.#inner.refused(signal, 'canceled');
    return { kind: 'busy', retryAfterMs: RECEIVER_FULL_RETRY_MS, message: 'the client has gone' };
  }
}

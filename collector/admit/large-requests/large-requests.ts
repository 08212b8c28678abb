// An intake in front of another, so that no request blocks the event loop: large ones are checked and cut in a thread of their own,
// and their pieces are accepted one after the other with other work between. A malformed request is refused whole, and there is one
// answer for all pieces.
import { fitsUnderCap } from '#collector/model/bulkhead.ts';
import { SIGNALS, type Signal } from '#proto/otlp/signal.ts';
import {
  isRemoteWrite,
  type Intake,
  type IntakeAnswer,
  type IntakeRequest,
  type RefusalReason,
} from '../../receive/intake.ts';
import { RECEIVER_FULL_RETRY_MS } from '../../receive/limits.ts';
import { CheckQueue, type StartThread } from './check-queue.ts';
import type { LargeRequest } from './check-request.ts';
import { isLarge } from './weigh.ts';
import { gauge, type Metric } from '#collector/model/metric-table.ts';

/** Bytes of large requests under way, as a multiple of the largest body. */
const BODIES_AT_ONCE = 2;
/** So many different messages of pieces become part of the answer. */
const MAX_MESSAGES = 5;

const PART_ACCEPTED =
  'the pipeline became full in the middle of this request: send all of it again later; the part that was accepted is recognised';

export interface LargeRequestOptions {
  readonly maxBodyBytes: number;
  /** ms of a clock that never jumps. */
  readonly elapsedMs: () => number;
  /** Resolves when other work had its turn. */
  readonly turn: () => Promise<unknown>;
  readonly startThread?: StartThread;
}

/** Bodies of large requests are transferred to the thread: the caller's Buffer is empty afterwards. */
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
    // Its receiver has cut it already.
    if (isRemoteWrite(request.encoding)) return this.#inner.accept(request);
    return isLarge(request.signal, request.body) ? this.#acceptLarge(request, 'protobuf') : this.#inner.accept(request);
  }

  acceptJson(request: IntakeRequest): Promise<IntakeAnswer> {
    return this.#acceptLarge(request, 'json');
  }

  refused(signal: Signal, reason: RefusalReason): void {
    this.#inner.refused(signal, reason);
  }

  close(): Promise<void> {
    return this.#queue.close();
  }

  async #acceptLarge(request: IntakeRequest, encoding: LargeRequest['encoding']): Promise<IntakeAnswer> {
    const { signal, body, caller } = request;
    const { maxBodyBytes, elapsedMs } = this.#options;
    const { length } = body;
    if (!fitsUnderCap(signal, this.#bytes, maxBodyBytes * BODIES_AT_ONCE, length)) {
      return this.#busy(
        signal,
        'too many large requests at once: nothing of this one was accepted, send it again later',
      );
    }
    this.#bytes[signal] += length;
    const startedMs = elapsedMs();
    try {
      const checked = await this.#queue.check(
        { signal, encoding, body, maxBodyBytes },
        () => caller?.isDisconnected !== true,
      );
      if (caller?.isDisconnected === true) return this.#canceled(signal);
      switch (checked.kind) {
        case 'failed':
          return this.#busy(signal, `${checked.message}: nothing of the request was accepted, send it again later`);
        case 'refused':
          this.#inner.refused(signal, checked.reason);
          return { kind: checked.reason === 'malformed' ? 'malformed' : 'too_large', message: checked.message };
        case 'pieces':
          this.requests[signal]++;
          return await this.#acceptPieces(request, checked.pieces, startedMs);
      }
    } finally {
      this.#bytes[signal] -= length;
    }
  }

  async #acceptPieces(request: IntakeRequest, pieces: readonly Uint8Array[], startedMs: number): Promise<IntakeAnswer> {
    const { signal, caller } = request;
    const messages = new Set<string>();
    let rejected = 0;
    let accepted = 0;
    for (const piece of pieces) {
      await this.#turn();
      if (caller?.isDisconnected === true) return this.#canceled(signal);
      const deadlineMs = request.deadlineMs - (this.#options.elapsedMs() - startedMs);
      const answer = await this.#inner.accept({
        ...request,
        body: Buffer.from(piece.buffer, piece.byteOffset, piece.length),
        deadlineMs,
      });
      // The pieces before it are recognised when the client sends all of them again.
      if (answer.kind === 'busy' && accepted > 0) return { ...answer, message: PART_ACCEPTED };
      if (answer.kind !== 'accepted') return answer;
      accepted++;
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

  /** The client has disconnected: this answer reaches no one. */
  #canceled(signal: Signal): IntakeAnswer {
    this.#inner.refused(signal, 'canceled');
    return { kind: 'busy', retryAfterMs: RECEIVER_FULL_RETRY_MS, message: 'the client has disconnected' };
  }
}

export const LARGE_REQUEST_METRICS: readonly Metric<LargeRequests>[] = [
  {
    name: 'winnow_large_requests_total',
    kind: 'counter',
    labels: ['signal'],
    help: 'requests that were cut into pieces, so that they do not delay others',
    read: ({ requests }) => SIGNALS.map((signal) => [{ signal }, requests[signal]]),
  },
  {
    name: 'winnow_large_request_pieces_total',
    kind: 'counter',
    labels: ['signal'],
    help: 'pieces of such requests that were accepted',
    read: ({ pieces }) => SIGNALS.map((signal) => [{ signal }, pieces[signal]]),
  },
  gauge(
    'winnow_large_requests_pending_bytes',
    'bytes of large requests that wait to be checked, are checked, or are being accepted',
    ({ pendingBytes }) => pendingBytes,
  ),
];

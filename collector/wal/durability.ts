// Ties the write-ahead log to the pipeline: a request is answered when it is written, a commit says what of it is in the spool,
// and what no commit covers is taken again after a crash.
import type { IntakeAnswer, IntakeRequest } from '../receive/intake.ts';
import { encodeCommit, type Commit } from './commit.ts';
import { DecidedTraces } from './decided-traces.ts';
import type { WriteAheadLog } from './write-ahead-log.ts';

/** After a failed write clients are told to come again so much later, ms. */
const RETRY_AFTER_MS = 1000;
const NO_BODY = Buffer.alloc(0);

/** A commit that waits for its blocks to be on disk. */
export interface PendingCommit {
  /** Writes it, after all that was appended before. May be called again when it rejects. */
  write(): Promise<void>;
}

export interface DurableState {
  /** Number of the next span to be taken. */
  readonly nextSpan: () => number;
  /** Collector clock, ms, of the first span of the oldest undecided trace; Infinity when there is none. */
  readonly oldestMs: () => number;
  readonly nowMs: () => number;
}

export class Durability {
  /** What is decided from now until the next commit. */
  readonly decided = new DecidedTraces();
  readonly #log: WriteAheadLog;
  readonly #state: DurableState;
  /** While requests of an earlier life are taken again: what comes before this position has been. */
  #againTo: number | undefined;
  #redTo: number;
  #redMs: number;

  /** @param redTo spans below this number are in stored RED series */
  constructor(log: WriteAheadLog, state: DurableState, redTo: number) {
    this.#log = log;
    this.#state = state;
    this.#redTo = redTo;
    this.#redMs = state.nowMs();
  }

  /** No room, or the disk fails: receivers hold their replies. */
  get full(): boolean {
    return this.#log.full;
  }

  get bytes(): number {
    return this.#log.bytes;
  }

  /** Requests of an earlier life are being taken again: those before this position have been. */
  takingAgain(position: number): void {
    this.#againTo = position;
  }

  /** All of them have been. */
  takenAgain(): void {
    this.#againTo = undefined;
    this.#log.takenAgain(this.#state.nowMs());
  }

  /** RED counts of all spans so far have become rows. */
  redFlushed(): void {
    this.#redTo = this.#state.nextSpan();
    this.#redMs = this.#state.nowMs();
  }

  /** The answer to an accepted request, once it is written. @param firstSpan number of its first span */
  async written(request: IntakeRequest, firstSpan: number, answer: IntakeAnswer): Promise<IntakeAnswer> {
    const { signal, transport, encoding, body } = request;
    try {
      await this.#log.append({ type: 'request', signal, transport, encoding, firstSpan, atMs: this.#state.nowMs() }, body);
      return answer;
    } catch (error) {
      return { kind: 'busy', retryAfterMs: RETRY_AFTER_MS, message: `the write-ahead log cannot be written (${error instanceof Error ? error.message : String(error)}): send the request again` };
    }
  }

  /** Looks whether a disk that failed takes bytes again. */
  probe(): void {
    if (this.#log.failure === undefined) return;
    this.#log.append({ type: 'probe', signal: 'traces', transport: 'grpc', encoding: 'protobuf', firstSpan: 0, atMs: this.#state.nowMs() }, NO_BODY).catch(() => undefined);
  }

  /** Notes what is decided and counted now. @param block number of the last block of the spool that was cut until now */
  beginCommit(block: number): PendingCommit {
    const { entries, rules } = this.decided.take();
    const commit: Commit = { position: this.#againTo ?? this.#log.position, redTo: this.#redTo, block, rules, entries };
    const neededMs = Math.min(this.#state.oldestMs(), this.#redMs);
    const firstSpan = this.#state.nextSpan();
    return {
      write: async () => {
        await this.#log.append({ type: 'commit', signal: 'traces', transport: 'grpc', encoding: 'protobuf', firstSpan, atMs: this.#state.nowMs() }, encodeCommit(commit));
        await this.#log.trim(commit.position, neededMs);
      },
    };
  }

  close(): Promise<void> {
    return this.#log.close();
  }
}

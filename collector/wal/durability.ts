// Ties the write-ahead log to the pipeline: a request is answered when it is written, a commit says what of it is in the spool,
// and what no commit covers is taken again after a crash.
import type { IntakeAnswer, IntakeRequest, Signal } from '../receive/intake.ts';
import { encodeCommit, type Commit } from './commit.ts';
import { DecidedTraces } from './decided-traces.ts';
import { HEADER_BYTES, type Circumstances, type LogRecord } from './record.ts';
import { UnwrittenRequests } from './unwritten-requests.ts';
import type { WriteAheadLog } from './write-ahead-log.ts';

/** After a failed write clients are told to come again so much later, ms. */
const RETRY_AFTER_MS = 1000;
const NO_BODY = Buffer.alloc(0);
/** How often a disk that failed is looked at again, ms. */
const PROBE_EVERY_MS = 1000;
/** While the log is full a commit is made so often also where there is nothing to store, ms: it may let segments go. */
const COMMIT_FULL_EVERY_MS = 1000;

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
  /** Steps of T_min in force. */
  readonly overloadSteps: () => number;
  readonly nowMs: () => number;
}

export class Durability {
  /** What is decided from now until the next commit. */
  readonly decided = new DecidedTraces();
  readonly #log: WriteAheadLog;
  readonly #state: DurableState;
  readonly #unwritten = new UnwrittenRequests();
  /** While requests of an earlier life are taken again: what comes before this position has been. */
  #againTo: number | undefined;
  #redTo: number;
  #redMs: number;
  #probedMs = -Infinity;
  #commitMs: number;

  /** @param commit the last one of an earlier life: call {@link takenAgain} when what it does not cover has been taken again */
  constructor(log: WriteAheadLog, state: DurableState, commit: Pick<Commit, 'position' | 'redTo'> | undefined) {
    this.#log = log;
    this.#state = state;
    this.#againTo = commit?.position ?? 0;
    this.#redTo = commit?.redTo ?? 0;
    this.#redMs = state.nowMs();
    this.#commitMs = state.nowMs();
  }

  /** No room, or the disk fails: receivers hold their replies. */
  get full(): boolean {
    return this.#log.full;
  }

  /** The disk takes nothing. */
  get isFailing(): boolean {
    return this.#log.failure !== undefined;
  }

  get bytes(): number {
    return this.#log.bytes;
  }

  /** A request of an earlier life has been taken again, all before it too. */
  tookAgain({ position, body }: Pick<LogRecord, 'position' | 'body'>): void {
    this.#againTo = Math.max(this.#againTo ?? 0, position + HEADER_BYTES + body.length);
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

  /** Ask before a request of that signal is taken. */
  circumstances(signal: Signal): Circumstances {
    return { number: signal === 'traces' ? this.#state.nextSpan() : this.#log.position, overloadSteps: this.#state.overloadSteps() };
  }

  /** A request that was taken before and could not be written comes again: it is only written. undefined for any other. */
  again(request: IntakeRequest): Promise<IntakeAnswer> | undefined {
    const unwritten = this.#unwritten.take(request, this.#state.nowMs());
    return unwritten === undefined ? undefined : this.written(request, unwritten.taken, unwritten.answer);
  }

  /** The answer to an accepted request, once it is written. @param taken of {@link circumstances} */
  async written(request: IntakeRequest, taken: Circumstances, answer: IntakeAnswer): Promise<IntakeAnswer> {
    const { signal, transport, encoding, body } = request;
    const atMs = this.#state.nowMs();
    try {
      await this.#log.append({ type: 'request', signal, transport, encoding, ...taken, atMs }, body);
      return answer;
    } catch (error) {
      this.#unwritten.note(request, { taken, answer, atMs: this.#state.nowMs() });
      return { kind: 'busy', retryAfterMs: RETRY_AFTER_MS, message: `the write-ahead log cannot be written (${error instanceof Error ? error.message : String(error)}): send the request again` };
    }
  }

  /** Looks whether a disk that failed takes bytes again. */
  probe(): void {
    const nowMs = this.#state.nowMs();
    if (this.#log.failure === undefined || this.#log.isWriting || nowMs - this.#probedMs < PROBE_EVERY_MS) return;
    this.#probedMs = nowMs;
    this.#log.append({ type: 'probe', signal: 'traces', transport: 'grpc', encoding: 'protobuf', number: 0, overloadSteps: 0, atMs: nowMs }, NO_BODY).catch(() => undefined);
  }

  /** The log is full: a commit may let segments go, be there rows or not. */
  get wantsCommit(): boolean {
    return this.#log.full && this.#log.failure === undefined && this.#state.nowMs() - this.#commitMs >= COMMIT_FULL_EVERY_MS;
  }

  /** Notes what is decided and counted now. @param block number of the last block of the spool that was cut until now */
  beginCommit(block: number): PendingCommit {
    const { entries, rules } = this.decided.take();
    const commit: Commit = { position: this.#againTo ?? this.#log.position, redTo: this.#redTo, block, rules, entries };
    const number = this.#state.nextSpan();
    const neededMs = Math.min(this.#state.oldestMs(), number === this.#redTo ? Infinity : this.#redMs);
    this.#commitMs = this.#state.nowMs();
    return {
      write: async () => {
        await this.#log.append({ type: 'commit', signal: 'traces', transport: 'grpc', encoding: 'protobuf', number, overloadSteps: 0, atMs: this.#state.nowMs() }, encodeCommit(commit));
        await this.#log.trim(commit.position, neededMs);
      },
    };
  }

  close(): Promise<void> {
    return this.#log.close();
  }
}

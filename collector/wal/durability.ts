// Ties the write-ahead log to the pipeline: a request is answered when it is written, a commit says what of it is in the spool,
// and what no commit covers is replayed after a crash.
import { SIGNALS, type Signal } from '#proto/otlp/signal.ts';
import type { IntakeAnswer, IntakeRequest } from '../receive/intake.ts';
import { encodeCommit, type Commit } from './commit.ts';
import { DecidedTraces } from './decided-traces.ts';
import type { HeldPiece } from './digest-holders.ts';
import { answerBody, type KnownRequests } from './known-requests.ts';
import { PendingWrites, type AcceptedRequest } from './pending-writes.ts';
import type { Circumstances, LogRecord, RecordHead } from './record.ts';
import type { NewRecord, WriteAheadLog } from './write-ahead-log.ts';

/** While the log is full a commit is made so often also where there is nothing to store, ms: it may let segments go. */
const COMMIT_FULL_EVERY_MS = 1000;
/** A write that lasts longer than this has stalled: receivers hold their replies until it is done. */
const STALLED_AFTER_MS = 2000;
/** One record holds the digests of so many pieces: 1 MiB at most. */
const PIECES_OF_RECORD = 64;
/** A shorter piece of spans is the last one for now. */
const FULL_PIECE_BYTES = 1024 * 1024;

/** A commit that waits for its blocks to be on disk. */
export interface PendingCommit {
  /** Writes it, after all that was appended before. */
  write(): Promise<void>;
}

export interface DurableState {
  /** Number of the next span to be received. */
  readonly nextSpan: () => number;
  /** Collector clock, ms, of the first span of the oldest undecided trace; Infinity when there is none. */
  readonly oldestMs: () => number;
  /** Steps of T_min in force. */
  readonly overloadSteps: () => number;
  /** Of the ledger, as a commit keeps it. */
  readonly account?: () => unknown;
  /**
   * Pieces of what is known of the spans of decided traces, to be written to the log; undefined = there is no more.
   * @param lost so many of the oldest pieces are about to be removed from the log
   */
  readonly carrySpans?: (lost: number) => Buffer | undefined;
  readonly nowMs: () => number;
  /** ms of a clock that never jumps. */
  readonly elapsedMs: () => number;
  /** A sender was asked to retry, as its request could not be written in time. */
  readonly onLate?: (signal: Signal) => void;
}

export class Durability {
  /** What is decided from now until the next commit. */
  readonly decided = new DecidedTraces();
  /** Requests whose senders were asked to retry, as the disk did not answer or failed for longer than they wait. */
  readonly late: Record<Signal, number> = { traces: 0, logs: 0, metrics: 0 };
  readonly #log: WriteAheadLog;
  readonly #state: DurableState;
  readonly #known: KnownRequests;
  readonly #pending: PendingWrites;
  /** While requests of an earlier life are replayed: those before this position have been. */
  #againTo: number | undefined;
  #receivedBefore: Readonly<Record<Signal, number>> = { traces: 0, logs: 0, metrics: 0 };
  #redTo: number;
  #redMs: number;
  #commitMs: number;
  /** How many writes had ended, and since when that is so. */
  #write: { readonly number: number; readonly sinceMs: number };
  #isStalled = false;
  #isTrimming = false;
  /** Positions of the pieces of spans in the log, oldest first: as many as the window has. */
  #spanPieces: number[] = [];

  /** @param commit the last one of an earlier life: call {@link replayEnded} when the requests behind it have been replayed */
  constructor(
    log: WriteAheadLog,
    known: KnownRequests,
    state: DurableState,
    commit: Pick<Commit, 'position' | 'redTo'> | undefined,
  ) {
    this.#log = log;
    this.#known = known;
    this.#state = state;
    this.#againTo = commit?.position ?? 0;
    this.#redTo = commit?.redTo ?? 0;
    this.#redMs = state.nowMs();
    this.#commitMs = state.nowMs();
    this.#write = { number: log.writes, sinceMs: state.elapsedMs() };
    this.#pending = new PendingWrites(state.elapsedMs, (signal) => {
      this.late[signal]++;
      state.onLate?.(signal);
    });
  }

  /** No room for requests of that signal, or the disk fails or does not answer: receivers hold their replies. */
  isFull(signal: Signal): boolean {
    return this.#isStalled || this.#pending.isFull || this.#log.isFull(signal);
  }

  /** … of any signal. */
  get isAnyFull(): boolean {
    return SIGNALS.some((signal) => this.isFull(signal));
  }

  /** The disk writes nothing: its last answer was an error, or there has been none for long. */
  get isFailing(): boolean {
    return this.#isStalled || this.#log.failure !== undefined;
  }

  /** Items of requests that are in the log and acknowledged, over all lives of the data directory. */
  acknowledgedItems(): Record<Signal, number> {
    const [before, { written }] = [this.#receivedBefore, this.#pending];
    return {
      traces: before.traces + written.traces,
      logs: before.logs + written.logs,
      metrics: before.metrics + written.metrics,
    };
  }

  get bytes(): number {
    return this.#log.bytes;
  }

  bytesOf(signal: Signal): number {
    return this.#log.bytesOf(signal);
  }

  /** A request of an earlier life has been replayed, and all before it. */
  replayed({ end }: Pick<LogRecord, 'end'>): void {
    this.#againTo = Math.max(this.#againTo ?? 0, end);
  }

  /** All of them have been. @param received items of requests of earlier lives */
  replayEnded(received: Readonly<Record<Signal, number>>): void {
    this.#receivedBefore = { ...received };
    this.#againTo = undefined;
    this.#log.replayEnded(this.#state.nowMs());
  }

  /** RED counts of all spans so far have become rows. */
  redFlushed(): void {
    this.#redTo = this.#state.nextSpan();
    this.#redMs = this.#state.nowMs();
  }

  /** Ask before a request of that signal is accepted. */
  circumstances(signal: Signal): Circumstances {
    return {
      number: signal === 'traces' ? this.#state.nextSpan() : this.#log.position,
      overloadSteps: this.#state.overloadSteps(),
    };
  }

  /**
   * The answer to an accepted request, once it is written; busy if its sender cannot wait so long.
   * @param accepted as it was just added to the known requests
   * @param circumstances in which it was accepted, see {@link circumstances}
   * @param copies which of its spans had been received before, see {@link encodeCopies}; undefined: none
   */
  written(
    request: IntakeRequest,
    accepted: AcceptedRequest,
    circumstances: Circumstances,
    copies?: Buffer,
  ): Promise<IntakeAnswer> {
    const { signal, transport, encoding, body, deadlineMs } = request;
    const head = {
      signal,
      transport,
      encoding,
      ...circumstances,
      atMs: this.#state.nowMs(),
      digest: this.#known.digest,
    };
    const about: NewRecord[] = [];
    if (accepted.answer.rejected > 0)
      about.push({ head: { type: 'answer', ...head }, body: answerBody(accepted.answer) });
    if (copies !== undefined) about.push({ head: { type: 'copies', ...head }, body: copies });
    this.#known.held(accepted.number, this.#log.position);
    return this.#pending.add(accepted, this.#log.append({ type: 'request', ...head }, body, about), signal, deadlineMs);
  }

  /** The answer to a copy of a request that is still being written; undefined for any other. */
  join(number: number, { signal, deadlineMs }: IntakeRequest): Promise<IntakeAnswer> | undefined {
    return this.#pending.join(number, signal, deadlineMs);
  }

  /** Checks the progress of the writing, and answers those that can wait no longer. */
  tick(): void {
    const elapsedMs = this.#state.elapsedMs();
    const { failure, isWriting, writes } = this.#log;
    if (!isWriting || writes !== this.#write.number) this.#write = { number: writes, sinceMs: elapsedMs };
    const isStalled = elapsedMs - this.#write.sinceMs > STALLED_AFTER_MS;
    if (isStalled !== this.#isStalled) this.#log.noteStall(isStalled);
    this.#isStalled = isStalled;
    this.#pending.tick(failure?.message ?? 'the disk does not answer');
  }

  /** The log is full: a commit may let segments go, be there rows or not. */
  get wantsCommit(): boolean {
    return !this.isFailing && this.isAnyFull && this.#state.nowMs() - this.#commitMs >= COMMIT_FULL_EVERY_MS;
  }

  /** Notes what is decided and counted now. @param block number of the last block of the spool that was cut until now */
  beginCommit(block: number): PendingCommit {
    const { entries, rules } = this.decided.take();
    const commit: Commit = {
      position: this.#againTo ?? this.#log.position,
      redTo: this.#redTo,
      block,
      account: this.#state.account?.(),
      rules,
      entries,
    };
    const number = this.#state.nextSpan();
    const neededMs = Math.min(this.#state.oldestMs(), number === this.#redTo ? Infinity : this.#redMs);
    this.#commitMs = this.#state.nowMs();
    return {
      write: async () => {
        // Twice: without it what it says was decided would be decided, and stored, once more. A damaged byte costs one of the two.
        const record = { head: this.#own('commit', number), body: encodeCommit(commit) };
        await this.#log.append(record.head, record.body, [record]);
        await this.#trim(commit.position, neededMs);
      },
    };
  }

  close(): Promise<void> {
    return this.#log.close();
  }

  /** Removes segments that a commit covers and whose traces are all decided. The digests that only they hold are written again before. */
  async #trim(position: number, beforeMs: number): Promise<void> {
    if (this.#isTrimming) return;
    this.#isTrimming = true;
    try {
      for (;;) {
        const segment = this.#log.oldestUnneeded(position, beforeMs);
        if (segment === undefined) return;
        await this.#carry(this.#known.heldBefore(segment.end));
        await this.#carrySpans(segment.end);
        if (!(await this.#log.removeOldest())) return;
      }
    } finally {
      this.#isTrimming = false;
    }
  }

  async #carry(pieces: readonly HeldPiece[]): Promise<void> {
    for (let from = 0; from < pieces.length; from += PIECES_OF_RECORD) {
      const some = pieces.slice(from, from + PIECES_OF_RECORD);
      const answers = this.#known
        .answersOf(some)
        .map(({ digest, answer }) => ({ head: { ...this.#own('answer', 0), digest }, body: answerBody(answer) }));
      const digests = Buffer.concat(some.map((piece) => this.#known.digestsOf(piece)));
      if (digests.length === 0) continue;
      for (const piece of some) this.#known.heldAgain(piece, this.#log.position);
      await this.#log.append(this.#own('digests', 0), digests, answers);
    }
  }

  /** What came after the first piece that is not full belongs to later segments. @param end of the log that is about to be removed */
  async #carrySpans(end: number): Promise<void> {
    const { carrySpans } = this.#state;
    if (carrySpans === undefined) return;
    const kept = this.#spanPieces.filter((position) => position >= end);
    let lost = this.#spanPieces.length - kept.length;
    this.#spanPieces = kept;
    for (;;) {
      const piece = carrySpans(lost);
      if (piece === undefined) return;
      lost = 0;
      this.#spanPieces.push(this.#log.position);
      await this.#log.append(this.#own('spans', 0), piece);
      if (piece.length < FULL_PIECE_BYTES) return;
    }
  }

  #own(type: RecordHead['type'], number: number): RecordHead {
    return {
      type,
      signal: 'traces',
      transport: 'grpc',
      encoding: 'protobuf',
      number,
      overloadSteps: 0,
      atMs: this.#state.nowMs(),
    };
  }
}

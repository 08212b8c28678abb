// Evaluates PromQL questions in a bounded number of threads, so that nobody waits for somebody else's. Every question begins on the next idle thread.
// One that takes more than a short time is long; so many of them run at a time as may, and one thread more than that is there, so that short ones
// always find a thread. A question that becomes long when no more may is stopped, waits, and begins anew.
import { PromqlError } from '#query/promql/promql-error.ts';
import { AnswerStream } from './answer-stream.ts';
import { EvaluationThread } from './evaluation-thread.ts';
import type { ThreadStart } from './messages.ts';
import type { AnswerPieces, Evaluator, Question } from './question.ts';

/** CPU time of a short question; those of dashboards take less. It is what a question loses that has to begin anew. */
const SHORT_CPU_MS = 50;
/** … of the first question of a thread, which runs code that nothing has made quick yet. */
const FIRST_SHORT_CPU_MS = 200;
/** A question that waits for the store this long keeps its thread, and another one may be started in its place. */
const SHORT_MS = 500;
const LOOK_EVERY_MS = 25;
/** Questions that wait for a thread; each holds its text, at most 100,000 characters. */
const MAX_WAITING = 256;
/** Beside the usual ones: for answers that are being written when no more long questions may run, and for questions that wait for the store. */
const MAX_EXTRA_THREADS = 4;
/** A thread that keeps more memory than this after its answer is ended. */
const MAX_KEPT_BYTES = 96 * 1024 * 1024;
/** The engine ends a question whose time is over by itself, with its own words; after this much more it is stopped. */
const GRACE_MS = 100;

export interface ThreadPoolOptions extends Omit<ThreadStart, 'shared'> {
  /** Long questions at a time, `query.max_concurrency`. */
  readonly maxLong: number;
  /** A monotonic clock, ms. */
  readonly nowMs: () => number;
}

interface Job {
  readonly question: Question;
  readonly arrivedMs: number;
  readonly resolve: (pieces: AnswerPieces) => void;
  readonly reject: (error: unknown) => void;
  /** Where the question is evaluated; undefined: it waits. */
  thread: EvaluationThread | undefined;
  /** The answer is being written. */
  stream: AnswerStream | undefined;
  isLong: boolean;
  /** Not long, but waiting for the store longer than short ones do. */
  isSlow: boolean;
  /** It was stopped so that it waits and begins anew. */
  isPutBack: boolean;
  isOver: boolean;
  /** When it was first seen to have begun, ms. */
  begunMs: number | undefined;
  shortTimer: NodeJS.Timeout | undefined;
  timeTimer: NodeJS.Timeout | undefined;
}

export class ThreadPool implements Evaluator {
  readonly #o: ThreadPoolOptions;
  readonly #threads = new Set<EvaluationThread>();
  readonly #idle: EvaluationThread[] = [];
  readonly #waitingShort: Job[] = [];
  readonly #waitingLong: Job[] = [];
  #long = 0;
  #slow = 0;
  #isClosed = false;

  constructor(options: ThreadPoolOptions) {
    this.#o = options;
    this.#idle.push(this.#open());
  }

  evaluate(question: Question, signal: AbortSignal): Promise<AnswerPieces> {
    if (signal.aborted || this.#isClosed) return Promise.reject(canceled());
    if (this.#waitingShort.length + this.#waitingLong.length >= MAX_WAITING) return Promise.reject(tooMany());
    return new Promise((resolve, reject) => {
      const job: Job = {
        question,
        arrivedMs: this.#o.nowMs(),
        resolve,
        reject,
        thread: undefined,
        stream: undefined,
        isLong: false,
        isSlow: false,
        isPutBack: false,
        isOver: false,
        begunMs: undefined,
        shortTimer: undefined,
        timeTimer: undefined,
      };
      job.timeTimer = setTimeout(() => this.#giveUp(job, timedOut(job)), question.timeoutMs + GRACE_MS);
      signal.addEventListener('abort', () => this.#giveUp(job, canceled()), { once: true });
      this.#waitingShort.push(job);
      this.#startNext();
    });
  }

  /** Ends every thread; what is asked or waits is canceled. */
  close(): void {
    this.#isClosed = true;
    for (const job of [...this.#waitingShort, ...this.#waitingLong]) this.#giveUp(job, canceled());
    for (const thread of this.#threads) thread.end();
  }

  #open(): EvaluationThread {
    const { database, engine } = this.#o;
    const thread = new EvaluationThread({ database, engine }, (ended) => {
      this.#threads.delete(ended);
      const at = this.#idle.indexOf(ended);
      if (at >= 0) this.#idle.splice(at, 1);
      this.#startNext();
    });
    this.#threads.add(thread);
    return thread;
  }

  #startNext(): void {
    while (!this.#isClosed) {
      const longMay = this.#waitingLong.length > 0 && this.#long < this.#o.maxLong;
      const queue = longMay ? this.#waitingLong : this.#waitingShort;
      if (queue.length === 0) return;
      const thread = this.#idle.pop() ?? this.#openOneMore();
      if (thread === undefined) return;
      const job = queue.shift();
      if (job !== undefined) this.#start(job, thread);
      this.#keepOneReady();
    }
  }

  /** The next question shall not wait until a thread has been started. Threads that have run are taken first. */
  #keepOneReady(): void {
    if (this.#idle.length > 0) return;
    const thread = this.#openOneMore();
    if (thread !== undefined) this.#idle.unshift(thread);
  }

  #openOneMore(): EvaluationThread | undefined {
    const extra = Math.min(MAX_EXTRA_THREADS, Math.max(0, this.#long - this.#o.maxLong) + this.#slow);
    return this.#threads.size < this.#o.maxLong + 1 + extra ? this.#open() : undefined;
  }

  #start(job: Job, thread: EvaluationThread): void {
    job.thread = thread;
    job.isPutBack = false;
    job.begunMs = undefined;
    if (job.isLong) {
      this.#long++;
      thread.giveWay();
    } else job.shortTimer = setInterval(() => this.#lookWhetherLong(job, thread), LOOK_EVERY_MS);
    thread.start(job.question, this.#o.nowMs() - job.arrivedMs, {
      piece: (bytes) => this.#onPiece(job, thread, bytes),
      done: (failure, heapBytes) => this.#onDone(job, thread, failure, heapBytes),
    });
  }

  #lookWhetherLong(job: Job, thread: EvaluationThread): void {
    const { cpuMs } = thread;
    if (cpuMs === undefined) return;
    const now = this.#o.nowMs();
    job.begunMs ??= now;
    if (cpuMs < (thread.isFirstRun ? FIRST_SHORT_CPU_MS : SHORT_CPU_MS)) {
      if (now - job.begunMs >= SHORT_MS) this.#becomesSlow(job);
      return;
    }
    clearInterval(job.shortTimer);
    this.#becomesLong(job);
  }

  #becomesSlow(job: Job): void {
    if (job.isSlow) return;
    job.isSlow = true;
    this.#slow++;
    this.#startNext();
  }

  #isSlowNoMore(job: Job): void {
    if (!job.isSlow) return;
    job.isSlow = false;
    this.#slow--;
  }

  /** What is being written cannot begin anew: it goes on, and another thread may be started in its place. */
  #becomesLong(job: Job): void {
    this.#isSlowNoMore(job);
    job.isLong = true;
    if (this.#long < this.#o.maxLong || job.stream !== undefined) {
      job.thread?.giveWay();
      this.#long++;
      this.#startNext();
      return;
    }
    job.isPutBack = true;
    job.thread?.stop();
  }

  #onPiece(job: Job, thread: EvaluationThread, bytes: Uint8Array): void {
    if (job.isOver) return;
    if (job.stream === undefined) {
      if (job.isPutBack) return; // it begins anew: the thread had not seen the stop yet
      job.stream = new AnswerStream(
        (read) => thread.read(read),
        () => this.#giveUp(job, canceled()),
      );
      job.resolve(job.stream.pieces());
    }
    job.stream.push(bytes);
  }

  #onDone(job: Job, thread: EvaluationThread, failure: PromqlError | undefined, heapBytes: number | undefined): void {
    clearInterval(job.shortTimer);
    this.#isSlowNoMore(job);
    job.thread = undefined;
    if (job.isLong && !job.isPutBack) this.#long--;
    if (heapBytes !== undefined && heapBytes <= MAX_KEPT_BYTES && thread.goFirst()) this.#idle.push(thread);
    else thread.end();
    if (job.isPutBack && !job.isOver) this.#waitingLong.push(job);
    else this.#finish(job, failure);
    this.#startNext();
  }

  /** The client hears it at once; the thread is free when it has stopped. */
  #giveUp(job: Job, reason: PromqlError): void {
    if (job.isOver) return;
    for (const queue of [this.#waitingShort, this.#waitingLong]) {
      const at = queue.indexOf(job);
      if (at >= 0) queue.splice(at, 1);
    }
    job.thread?.stop();
    this.#finish(job, reason);
  }

  #finish(job: Job, failure: PromqlError | undefined): void {
    if (job.isOver) return;
    job.isOver = true;
    clearTimeout(job.timeTimer);
    if (job.stream !== undefined) job.stream.complete(failure);
    else job.reject(failure ?? new PromqlError('internal', 'the evaluation ended without an answer'));
  }
}

function canceled(): PromqlError {
  return new PromqlError('canceled', 'query was canceled in expression evaluation');
}

function timedOut(job: Job): PromqlError {
  const where = job.thread === undefined ? 'query queue' : 'expression evaluation';
  return new PromqlError('timeout', `query timed out in ${where}`);
}

function tooMany(): PromqlError {
  return new PromqlError('timeout', `${MAX_WAITING} queries wait already (query.max_concurrency): ask again later`);
}

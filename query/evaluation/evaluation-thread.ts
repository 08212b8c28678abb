// The pool's side of one thread: starts it, hands it questions one at a time, stops it, ends it when it does not stop.
import { getPriority, setPriority as setSystemPriority } from 'node:os';
import { Worker } from 'node:worker_threads';
import { PromqlError } from '#query/promql/promql-error.ts';
import { SHARED, SHARED_BYTES, type FromThread, type ThreadStart, type ToThread } from './messages.ts';
import type { Question } from './question.ts';

/** JavaScript heap of one thread. Samples lie outside of it and are bounded by `query.max_samples`. */
const MAX_HEAP_MB = 1024;
/** A thread that does not stop within this time is terminated. Together with the messages, a query ends at most 200 ms after its client disconnected. */
const STOP_MS = 150;

/** Priorities are counted downwards: a thread that gives way gets about a tenth of what another one gets that wants to compute, too. */
const GIVES_WAY = 10;
const LEAST_PRIORITY = 19;
const OWN_PRIORITY = getPriority();

/** @param thread the operating system's number; 0 would be the whole process */
function setPriority(thread: number, priority: number): boolean {
  if (thread === 0) return false;
  try {
    setSystemPriority(thread, Math.min(LEAST_PRIORITY, priority));
    return true;
  } catch {
    return false;
  }
}

/** Hears what comes out of one run. After `done` nothing comes any more. */
export interface RunListener {
  piece(bytes: Uint8Array): void;
  /** @param heapBytes memory that the thread keeps; undefined: the thread has ended and takes no more questions */
  done(failure: PromqlError | undefined, heapBytes: number | undefined): void;
}

export class EvaluationThread {
  readonly #worker: Worker;
  readonly #shared: Int32Array;
  #run = 0;
  #listener: RunListener | undefined;
  #stopTimer: NodeJS.Timeout | undefined;
  #givesWay = false;

  /** @param onEnd the thread has ended, for whatever reason; called once */
  constructor(start: Omit<ThreadStart, 'shared'>, onEnd: (thread: EvaluationThread) => void) {
    this.#shared = new Int32Array(new SharedArrayBuffer(SHARED_BYTES));
    this.#worker = new Worker(new URL('thread.ts', import.meta.url), {
      workerData: { ...start, shared: this.#shared } satisfies ThreadStart,
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
    });
    this.#worker.unref();
    this.#worker.on('message', (message: FromThread) => this.#onMessage(message));
    this.#worker.on('error', (error) => this.#finish(deathOf(error), undefined));
    this.#worker.on('exit', () => {
      this.#finish(new PromqlError('canceled', 'query was canceled in expression evaluation'), undefined);
      onEnd(this);
    });
  }

  get isFirstRun(): boolean {
    return this.#run === 1;
  }

  start(question: Question, queuedMs: number, listener: RunListener): void {
    this.#run = (this.#run % 0x7fff_ffff) + 1;
    this.#listener = listener;
    this.#send({ kind: 'evaluate', run: this.#run, question, queuedMs });
  }

  /** CPU time of the run, ms; undefined while it has not begun, because the thread is being started. */
  get cpuMs(): number | undefined {
    const hasBegun = Atomics.load(this.#shared, SHARED.begunRun) === this.#run;
    return hasBegun ? Atomics.load(this.#shared, SHARED.cpuMs) : undefined;
  }

  /** The client has read so many more bytes of the answer. */
  read(bytes: number): void {
    this.#send({ kind: 'read', run: this.#run, bytes });
  }

  /** The run ends with `done`, soon. */
  stop(): void {
    if (this.#listener === undefined || this.#stopTimer !== undefined) return;
    Atomics.store(this.#shared, SHARED.stopRun, this.#run);
    this.#send({ kind: 'stop', run: this.#run });
    this.#stopTimer = setTimeout(() => this.end(), STOP_MS);
  }

  /** From now on every other thread of the process goes first: its own pages, short questions. */
  giveWay(): void {
    this.#givesWay ||= setPriority(this.#systemThread, OWN_PRIORITY + GIVES_WAY);
  }

  /** Undoes it. False where the operating system does not allow that, which it does for few users: the thread is of no use for short questions. */
  goFirst(): boolean {
    if (this.#givesWay) this.#givesWay = !setPriority(this.#systemThread, OWN_PRIORITY);
    return !this.#givesWay;
  }

  get #systemThread(): number {
    return Atomics.load(this.#shared, SHARED.systemThread);
  }

  end(): void {
    void this.#worker.terminate();
  }

  #send(message: ToThread): void {
    this.#worker.postMessage(message);
  }

  #onMessage(message: FromThread): void {
    if (message.run !== this.#run) return;
    if (message.kind === 'piece') {
      this.#listener?.piece(message.bytes);
      return;
    }
    const { failure, heapBytes } = message;
    this.#finish(failure && new PromqlError(failure.type, failure.message), heapBytes);
  }

  #finish(failure: PromqlError | undefined, heapBytes: number | undefined): void {
    clearTimeout(this.#stopTimer);
    this.#stopTimer = undefined;
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.done(failure, heapBytes);
  }
}

function deathOf(error: unknown): PromqlError {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (code === 'ERR_WORKER_OUT_OF_MEMORY')
    return new PromqlError(
      'execution',
      `query needs more than ${MAX_HEAP_MB} MiB for labels and text: select fewer series with more matchers`,
    );
  return new PromqlError('internal', error instanceof Error ? error.message : String(error));
}

// Hands large requests to the thread that checks them, one after the other. The thread is started when it is needed, ends when it
// is not, and is replaced when it dies or does not come to an end.
import { Worker } from 'node:worker_threads';
import type { Checked, LargeRequest } from './check-request.ts';

/** Looks once a second while the thread works, so that a pause of the whole process is no time. */
const LOOK_EVERY_MS = 1000;
/** The work is linear in the bytes, some seconds for the largest request on a slow machine. */
const MAX_LOOKS = 60;
const IDLE_MS = 60_000;
/** Two reads of a socket: a receiver puts a body of this size together in memory of its own. */
const MIN_OWN_BYTES = 128 * 1024;
/** JavaScript heap of the thread; bodies lie outside of it. */
const MAX_HEAP_MB = 256;

/** failed: nothing is wrong with the request, so far as is known: it may be sent again. */
export type CheckResult = Checked | { readonly kind: 'failed'; readonly message: string };

interface Job {
  readonly request: LargeRequest;
  readonly isWanted: () => boolean;
  readonly resolve: (result: CheckResult) => void;
}

/** As a thread, for tests that need one that misbehaves. */
export type StartThread = () => Worker;

export class CheckQueue {
  readonly #startThread: StartThread;
  /** Their bytes are bounded by whoever adds them. */
  readonly #waiting: Job[] = [];
  #thread: Worker | undefined;
  #job: Job | undefined;
  #looks = 0;
  #lookTimer: NodeJS.Timeout | undefined;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(startThread: StartThread = startCheckThread) {
    this.#startThread = startThread;
  }

  get hasThread(): boolean {
    return this.#thread !== undefined;
  }

  /** Never rejects. The body is transferred to the thread and is empty afterwards. @param isWanted asked before the work begins */
  check(request: LargeRequest, isWanted: () => boolean = () => true): Promise<CheckResult> {
    return new Promise((resolve) => {
      this.#waiting.push({ request, isWanted, resolve });
      this.#next();
    });
  }

  /** Ends the thread; what waits for it fails. */
  async close(): Promise<void> {
    for (const job of this.#waiting.splice(0)) job.resolve(failed('the collector is stopping'));
    this.#finish(failed('the collector is stopping'));
    await this.#stopThread();
  }

  #next(): void {
    if (this.#job !== undefined) return;
    clearTimeout(this.#idleTimer);
    const job = this.#waiting.shift();
    if (job === undefined) {
      this.#idleTimer = setTimeout(() => void this.#stopThread(), IDLE_MS).unref();
      return;
    }
    this.#job = job;
    if (!job.isWanted()) {
      this.#finish(failed('the client has disconnected'));
      return;
    }
    this.#looks = 0;
    this.#lookTimer = setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
    try {
      this.#thread ??= this.#started();
      const { body } = job.request;
      this.#thread.postMessage(job.request, ownBuffers(body));
    } catch (error) {
      this.#finish(failed(`the thread that checks large requests cannot be started (${String(error)})`));
    }
  }

  #started(): Worker {
    const thread = this.#startThread();
    thread.unref();
    let why = 'it ended';
    thread.on('message', (checked: Checked) => {
      if (this.#thread === thread) this.#finish(checked);
    });
    thread.on('error', (error: NodeJS.ErrnoException) => {
      why = error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? OUT_OF_MEMORY : String(error);
    });
    thread.on('exit', () => {
      if (this.#thread !== thread) return;
      this.#thread = undefined;
      // More than the thread may have, for one request: it would be more the next time, too.
      this.#finish(
        why === OUT_OF_MEMORY ? tooMuch('memory') : failed(`the thread that checks large requests failed (${why})`),
      );
    });
    return thread;
  }

  #look(): void {
    if (++this.#looks < MAX_LOOKS) return;
    void this.#stopThread();
    this.#finish(tooMuch('time'));
  }

  #finish(result: CheckResult): void {
    clearInterval(this.#lookTimer);
    const job = this.#job;
    this.#job = undefined;
    if (job === undefined) return;
    job.resolve(result);
    this.#next();
  }

  async #stopThread(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.terminate();
  }
}

const OUT_OF_MEMORY = 'out of memory';

function startCheckThread(): Worker {
  return new Worker(new URL('check-thread.ts', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
  });
}

function failed(message: string): CheckResult {
  return { kind: 'failed', message };
}

function tooMuch(what: 'memory' | 'time'): CheckResult {
  const message = `the request needs more ${what} to be checked than one may have: send smaller batches`;
  return { kind: 'refused', reason: 'too_large', message };
}

/** Small bodies may be slices of what was read from a socket, which others are slices of, too: those are copied. */
function ownBuffers({ buffer, length }: Uint8Array): ArrayBuffer[] {
  return buffer instanceof ArrayBuffer && length >= MIN_OWN_BYTES ? [buffer] : [];
}

// Starts the thread that puts stored traces together when it is needed, ends it when it is not, and replaces it when it dies or does not come to an end.
import { Worker } from 'node:worker_threads';
import type { ClickHouseAddress } from '#collector/store/client.ts';
import type { RebuildAnswer, RebuildQuestion } from './messages.ts';

/** A million spans take some seconds on a slow machine. */
const TIMEOUT_MS = 120_000;
const IDLE_MS = 30_000;
/** JavaScript heap of the thread; spans lie outside of it and are bounded by their number. */
const MAX_HEAP_MB = 512;

/** One question at a time. */
export interface TraceRebuilding {
  /** Never rejects. */
  ask(question: RebuildQuestion): Promise<RebuildAnswer>;
  close(): Promise<void>;
}

export class RebuildThread implements TraceRebuilding {
  readonly #address: ClickHouseAddress;
  #thread: Worker | undefined;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(address: ClickHouseAddress) {
    this.#address = address;
  }

  async ask(question: RebuildQuestion): Promise<RebuildAnswer> {
    clearTimeout(this.#idleTimer);
    const thread = (this.#thread ??= this.#started());
    let timer: NodeJS.Timeout | undefined;
    const answer = await new Promise<RebuildAnswer>((resolve) => {
      const failed = (message: string): void => resolve({ kind: 'failed', message });
      timer = setTimeout(() => {
        void thread.terminate();
        failed(`it did not end within ${TIMEOUT_MS / 1000} s`);
      }, TIMEOUT_MS).unref();
      thread.once('message', resolve);
      thread.once('error', (error: Error) => failed(error.message));
      thread.once('exit', () => failed('its thread ended'));
      thread.postMessage(question);
    });
    clearTimeout(timer);
    thread.removeAllListeners('message');
    thread.removeAllListeners('error');
    thread.removeAllListeners('exit');
    thread.once('exit', () => this.#ended(thread));
    thread.once('error', () => this.#ended(thread));
    this.#idleTimer = setTimeout(() => void this.close(), IDLE_MS).unref();
    return answer;
  }

  async close(): Promise<void> {
    clearTimeout(this.#idleTimer);
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.terminate();
  }

  #started(): Worker {
    const thread = new Worker(new URL('thread.ts', import.meta.url), {
      workerData: this.#address,
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
    });
    thread.unref();
    return thread;
  }

  #ended(thread: Worker): void {
    if (this.#thread === thread) this.#thread = undefined;
  }
}

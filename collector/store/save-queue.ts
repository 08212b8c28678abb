// Writes blocks into the spool, a few at a time. When the disk fails, one is tried every now and then, and all wait in memory.
import { textOf } from './insert-errors.ts';
import type { Spool, SpoolEntry } from './spool.ts';

/** Files open at the same time. */
const MAX_SAVING = 4;
const MIN_RETRY_MS = 200;
const MAX_RETRY_MS = 5_000;
const LOG_EVERY_MS = 30_000;

type Log = (level: 'info' | 'error', line: string) => void;

export class SaveQueue {
  /** What the disk says; '' while it works. */
  failure = '';
  readonly #spool: Spool;
  readonly #nowMs: () => number;
  readonly #log: Log;
  readonly #onSaved: (entry: SpoolEntry) => void;
  /** In order. Bounded by what the spool holds in memory before it is full. */
  readonly #waiting = new Set<SpoolEntry>();
  readonly #saving = new Set<SpoolEntry>();
  readonly #idle: (() => void)[] = [];
  #retryMs = 0;
  #notBeforeMs = -Infinity;
  #loggedMs = -Infinity;

  constructor(spool: Spool, nowMs: () => number, log: Log, onSaved: (entry: SpoolEntry) => void) {
    this.#spool = spool;
    this.#nowMs = nowMs;
    this.#log = log;
    this.#onSaved = onSaved;
  }

  add(entry: SpoolEntry): void {
    this.#waiting.add(entry);
    this.again();
  }

  /** Goes on with what waits. */
  again(): void {
    if (this.#nowMs() < this.#notBeforeMs) return;
    // A disk that failed is asked with one block.
    const most = this.failure === '' ? MAX_SAVING : 1;
    for (const entry of this.#waiting) {
      if (this.#saving.size >= most) return;
      if (this.#saving.has(entry)) continue;
      this.#saving.add(entry);
      void this.#save(entry);
    }
  }

  /** Resolves when nothing is being written. */
  async idle(): Promise<void> {
    while (this.#saving.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  async #save(entry: SpoolEntry): Promise<void> {
    try {
      await this.#spool.save(entry);
      this.#waiting.delete(entry);
      if (this.failure !== '')
        this.#log('info', `the spool can be written again; ${this.#waiting.size} blocks wait for it`);
      this.failure = '';
      this.#retryMs = 0;
    } catch (error) {
      this.#fails(entry, error);
    }
    this.#saving.delete(entry);
    for (const resolve of this.#idle.splice(0)) resolve();
    if (this.failure === '') this.#onSaved(entry);
    this.again();
  }

  #fails(entry: SpoolEntry, error: unknown): void {
    if (entry.onDisk) {
      this.#waiting.delete(entry); // it was written, and could not be removed again: the spool does that later
      return;
    }
    const now = this.#nowMs();
    this.failure = textOf(error);
    this.#retryMs = Math.min(MAX_RETRY_MS, Math.max(MIN_RETRY_MS, this.#retryMs * 2));
    this.#notBeforeMs = now + this.#retryMs;
    if (now - this.#loggedMs < LOG_EVERY_MS) return;
    this.#loggedMs = now;
    const waiting = `${this.#waiting.size} blocks, ${this.#spool.unsavedBytes} bytes, are in memory only`;
    this.#log('error', `cannot write to the spool (${this.failure}): ${waiting}; trying again until it works`);
  }
}

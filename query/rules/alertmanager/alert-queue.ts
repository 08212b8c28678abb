// The alerts that wait for one Alertmanager, and the loop that sends them in batches. A batch that fails is not sent again: its alerts are, with their
// next resend.
import type { Log } from '#proto/log/log.ts';
import type { PostableAlert } from './postable-alert.ts';

/** As in Prometheus: larger than what fires at one time, small enough for memory. */
const QUEUE_CAPACITY = 10_000;
/** Alerts of one request. */
const MAX_BATCH = 256;

/** Sends one batch. Rejects with the reason when Alertmanager did not accept it. */
export type SendBatch = (alerts: readonly PostableAlert[]) => Promise<void>;

export interface AlertQueueOptions {
  /** Of the Alertmanager, without credentials: in metrics and in the log. */
  readonly url: string;
  readonly send: SendBatch;
  readonly log: Log;
  /** A monotonic clock, ms. */
  readonly elapsedMs: () => number;
}

export class AlertQueue {
  static readonly capacity = QUEUE_CAPACITY;
  static readonly maxBatch = MAX_BATCH;
  readonly url: string;
  readonly counts = { sent: 0, errors: 0, dropped: 0, batches: 0, latencyMs: 0 };
  readonly #o: AlertQueueOptions;
  #waiting: PostableAlert[] = [];
  #sending: Promise<void> | undefined;
  #isClosed = false;
  /** Whether the last request failed. */
  isFailing = false;

  constructor(options: AlertQueueOptions) {
    this.url = options.url;
    this.#o = options;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** Nothing waits, and nothing is on its way. */
  get isIdle(): boolean {
    return this.#sending === undefined;
  }

  /** The oldest make room for the newest. */
  add(alerts: readonly PostableAlert[]): void {
    if (this.#isClosed || alerts.length === 0) return;
    const all = [...this.#waiting, ...alerts];
    const dropped = Math.max(0, all.length - QUEUE_CAPACITY);
    if (dropped > 0) {
      this.counts.dropped += dropped;
      this.#o.log.warn(
        { alertmanager: this.url, alerts: dropped },
        'the queue of alerts is full: the oldest are dropped',
      );
    }
    this.#waiting = dropped > 0 ? all.slice(dropped) : all;
    this.#sending ??= this.#sendAll();
  }

  /** Sends what waits and accepts nothing more. What is not sent within the time is dropped. @param waitMs resolves after so long */
  async close(waitMs: (ms: number) => Promise<void>, withinMs: number): Promise<void> {
    this.#isClosed = true;
    await Promise.race([this.#sending ?? Promise.resolve(), waitMs(withinMs)]);
    const dropped = this.#waiting.length;
    this.#waiting = [];
    if (dropped === 0) return;
    this.counts.dropped += dropped;
    this.#o.log.warn(
      { alertmanager: this.url, alerts: dropped },
      'alerts were not sent before the end, and are dropped',
    );
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, MAX_BATCH);
      this.#waiting = this.#waiting.slice(MAX_BATCH);
      await this.#sendOne(batch);
    }
    this.#sending = undefined;
  }

  async #sendOne(batch: readonly PostableAlert[]): Promise<void> {
    const startedMs = this.#o.elapsedMs();
    try {
      await this.#o.send(batch);
      this.isFailing = false;
      this.counts.sent += batch.length;
      this.counts.batches++;
      this.counts.latencyMs += this.#o.elapsedMs() - startedMs;
    } catch (error) {
      this.isFailing = true;
      this.counts.errors += batch.length;
      this.counts.dropped += batch.length;
      const reason = error instanceof Error ? error.message : String(error);
      this.#o.log.error({ alertmanager: this.url, alerts: batch.length, error: reason }, 'alerts could not be sent');
    }
  }
}

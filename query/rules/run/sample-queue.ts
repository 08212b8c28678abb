// Samples of rules on their way to the collector: a queue in memory that is sent in order, one request at a time, again and again while the collector is away.
import type { Log } from '#proto/log/log.ts';
import type { RuleSample } from '#query/rules/model.ts';
import { waitFor, type Clock } from './clock.ts';
import type { FreshBatch, FreshSamples } from './fresh-samples.ts';

/** An hour of 250 series every second, or of 15,000 every minute. Beyond it the oldest are dropped. */
const MAX_WAITING_SAMPLES = 1_000_000;
/** Of one request, as Prometheus sends them. */
const MAX_REQUEST_SAMPLES = 2000;
const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 5000;

export type DropReason = 'queue_full' | 'refused' | 'shutdown';

/** What the collector answered: it accepted them, all or in part, or a later attempt may succeed. */
export type SendOutcome =
  | { readonly kind: 'accepted'; readonly refused: number; readonly message: string }
  | { readonly kind: 'away'; readonly message: string; readonly retryAfterMs?: number | undefined };

export interface SampleQueueOptions {
  /** Sends one request. Never rejects. */
  readonly send: (samples: readonly RuleSample[]) => Promise<SendOutcome>;
  readonly clock: Clock;
  readonly fresh: FreshSamples;
  readonly log: Log;
}

interface Waiting {
  readonly batch: FreshBatch;
  /** How many of its samples were sent. */
  sent: number;
}

export class SampleQueue {
  readonly #o: SampleQueueOptions;
  readonly #waiting: Waiting[] = [];
  readonly #stop = new AbortController();
  #samples = 0;
  /** How many of those that wait are part of the request on its way. */
  #inFlight = 0;
  #sending: Promise<void> | undefined;
  #isAway = false;
  written = 0;
  readonly dropped: Record<DropReason, number> = { queue_full: 0, refused: 0, shutdown: 0 };

  constructor(options: SampleQueueOptions) {
    this.#o = options;
  }

  /** Samples that the collector has not accepted. */
  get waiting(): number {
    return this.#samples;
  }

  /** Whether the collector did not answer the last time. */
  get isAway(): boolean {
    return this.#isAway;
  }

  add(samples: readonly RuleSample[]): void {
    if (samples.length === 0) return;
    const batch = this.#o.fresh.add(samples);
    this.#waiting.push({ batch, sent: 0 });
    this.#samples += samples.length;
    while (this.#samples > MAX_WAITING_SAMPLES && this.#waiting.length > this.#inFlight) {
      const [oldest] = this.#waiting.splice(this.#inFlight, 1);
      if (oldest !== undefined) this.#drop(oldest, 'queue_full');
    }
    this.#sending ??= this.#sendAll();
  }

  /** Sends what waits. What is not sent within the time is dropped. */
  async close(withinMs: number): Promise<void> {
    const late = new AbortController();
    await Promise.race([this.#sending ?? Promise.resolve(), waitFor(this.#o.clock, withinMs, late.signal)]);
    late.abort();
    this.#stop.abort();
    for (let one = this.#waiting.pop(); one !== undefined; one = this.#waiting.pop()) this.#drop(one, 'shutdown');
    const { shutdown } = this.dropped;
    if (shutdown > 0) this.#o.log.warn({ samples: shutdown }, 'samples of rules were not written before the end');
  }

  #drop({ batch, sent }: Waiting, reason: DropReason): void {
    const samples = batch.samples.length - sent;
    this.dropped[reason] += samples;
    this.#samples -= samples;
    batch.finishedMs = this.#o.clock.nowMs();
  }

  async #sendAll(): Promise<void> {
    let retryMs = FIRST_RETRY_MS;
    while (this.#waiting.length > 0 && !this.#stop.signal.aborted) {
      const samples = this.#nextRequest();
      const outcome = await this.#o.send(samples);
      if (this.#stop.signal.aborted) break;
      if (outcome.kind === 'away') {
        this.#away(outcome.message);
        await waitFor(this.#o.clock, Math.max(retryMs, outcome.retryAfterMs ?? 0), this.#stop.signal);
        retryMs = Math.min(MAX_RETRY_MS, 2 * retryMs);
        continue;
      }
      retryMs = FIRST_RETRY_MS;
      this.#accepted(samples.length, outcome.refused, outcome.message);
    }
    this.#inFlight = 0;
    this.#sending = undefined;
  }

  /** The oldest samples, of several batches where they are small. */
  #nextRequest(): RuleSample[] {
    const samples: RuleSample[] = [];
    this.#inFlight = 0;
    for (const { batch, sent } of this.#waiting) {
      if (samples.length >= MAX_REQUEST_SAMPLES) break;
      samples.push(...batch.samples.slice(sent, sent + MAX_REQUEST_SAMPLES - samples.length));
      this.#inFlight++;
    }
    return samples;
  }

  #accepted(count: number, refused: number, message: string): void {
    if (this.#isAway) this.#o.log.info({}, 'the collector accepts samples of rules again');
    this.#isAway = false;
    this.written += count - refused;
    this.dropped.refused += refused;
    this.#samples -= count;
    if (refused > 0 || message !== '')
      this.#o.log.warn({ samples: refused, reason: message }, 'the collector refused samples of rules');
    let rest = count;
    for (let first = this.#waiting[0]; first !== undefined && rest > 0; first = this.#waiting[0]) {
      const part = Math.min(rest, first.batch.samples.length - first.sent);
      first.sent += part;
      rest -= part;
      if (first.sent < first.batch.samples.length) break;
      first.batch.finishedMs = this.#o.clock.nowMs();
      this.#waiting.shift();
    }
    this.#inFlight = 0;
  }

  #away(reason: string): void {
    if (!this.#isAway)
      this.#o.log.warn({ reason, waiting: this.#samples }, 'the collector does not accept samples of rules: they wait');
    this.#isAway = true;
  }
}

// Policies rate_limiting and bytes_limiting: token buckets, full at the start, refilled by the collector's clock.
import { Block } from '../block.ts';
import { voteOf, type BuildPolicy, type PolicyBuilder } from '../policy.ts';
import type { TraceView } from '#collector/model/trace.ts';

const MS_PER_SECOND = 1000;

class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  #tokens: number;
  #atMs = -Infinity;

  constructor(perSecond: number, burst: number) {
    this.#perMs = perSecond / MS_PER_SECOND;
    this.#burst = burst;
    this.#tokens = burst;
  }

  take(count: number, nowMs: number): boolean {
    if (nowMs > this.#atMs) {
      if (this.#atMs !== -Infinity) this.#tokens = Math.min(this.#burst, this.#tokens + (nowMs - this.#atMs) * this.#perMs);
      this.#atMs = nowMs;
    }
    if (count > this.#tokens) return false;
    this.#tokens -= count;
    return true;
  }
}

function build(rateKey: string, cost: (view: TraceView) => number): BuildPolicy {
  return (block: Readonly<Record<string, unknown>>, path: string, { errors, shards }: PolicyBuilder) => {
    const read = new Block(block, path, { [rateKey]: 'int', burst_capacity: 'int' }, errors);
    if (read.failed) return undefined;
    const rate = read.number(rateKey);
    // Shards divide the rate; the burst they do not, and unset it is twice the undivided rate.
    const bucket = new TokenBucket(Math.floor(rate / shards), read.number('burst_capacity') || rate * 2);
    return ({ view }) => voteOf(bucket.take(cost(view), view.firstSeenMs));
  };
}

export const buildRateLimiting = build('spans_per_second', (view) => view.count);
export const buildBytesLimiting = build('bytes_per_second', (view) => view.payloadBytes);

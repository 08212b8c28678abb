// What rate_limiting and bytes_limiting share: token buckets, full at the start, refilled by the collector's clock. With the gate
// usetracestate the tokens at a tick are a budget for its traces, highest randomness first, cut at the first that does not fit.
import { Block } from '../block.ts';
import { voteOf, type BuildPolicy, type BudgetPlan, type PolicyBuilder, type PolicyTest } from '../policy.ts';
import type { PolicyCursor } from '../policy-cursor.ts';
import { shareOf } from '../policy-shard.ts';

const MS_PER_SECOND = 1000;
/** One above all randomness: keeps nothing. */
const NEVER = 2n ** 56n;

class TokenBucket {
  readonly burst: number;
  readonly #perMs: number;
  #tokens: number;
  #atMs = -Infinity;

  constructor(perSecond: number, burst: number) {
    this.#perMs = perSecond / MS_PER_SECOND;
    this.burst = burst;
    this.#tokens = burst;
  }

  /** Whole tokens now. */
  tokens(nowMs: number): number {
    if (nowMs > this.#atMs) {
      if (this.#atMs !== -Infinity)
        this.#tokens = Math.min(this.burst, this.#tokens + (nowMs - this.#atMs) * this.#perMs);
      this.#atMs = nowMs;
    }
    return Math.floor(this.#tokens);
  }

  spend(count: number, nowMs: number): boolean {
    if (count > this.tokens(nowMs)) return false;
    this.#tokens -= count;
    return true;
  }
}

type Cost = (cursor: PolicyCursor) => number;

/** @param rateKey of the block */
export function buildLimit(rateKey: string, cost: Cost): BuildPolicy {
  return (block: Readonly<Record<string, unknown>>, path: string, { errors, shards, useTraceState }: PolicyBuilder) => {
    const read = new Block(block, path, { [rateKey]: 'int', burst_capacity: 'int' }, errors);
    if (read.failed) return undefined;
    const rate = read.number(rateKey);
    const burst = read.number('burst_capacity');
    // Shards divide the rate; the burst they do not, and unset it is twice the undivided rate.
    const bucket = new TokenBucket(shareOf(rate, shards), burst > 0 ? burst : twice(read.int64(rateKey)));
    const live: PolicyTest = (cursor) => voteOf(bucket.spend(cost(cursor), cursor.nowMs));
    return useTraceState ? budgeted(bucket, cost, live) : live;
  };
}

/** In 64 bits, where twice too much is less than nothing. */
function twice(rate: bigint): number {
  return Number(BigInt.asIntN(64, rate * 2n));
}

/** Until it is planned for (inside not, drop and composite it never is) the bucket decides live. */
function budgeted(bucket: TokenBucket, cost: Cost, live: PolicyTest): { evaluate: PolicyTest; plan: BudgetPlan } {
  let threshold: bigint | undefined;
  let items: { readonly randomness: bigint; readonly cost: number }[] = [];
  return {
    evaluate(cursor) {
      if (cost(cursor) > bucket.burst) return 'not_sampled';
      if (threshold === undefined) return live(cursor);
      const sampled = cursor.randomness >= threshold;
      if (sampled) cursor.threshold = threshold;
      return voteOf(sampled);
    },
    plan: {
      begin() {
        items = [];
      },
      add(cursor) {
        const own = cost(cursor);
        // Above the burst it fits never, and must not stand in the way of what does.
        if (own <= bucket.burst) items.push({ randomness: cursor.randomness, cost: own });
      },
      end(nowMs) {
        items.sort((a, b) => (a.randomness === b.randomness ? 0 : a.randomness > b.randomness ? -1 : 1));
        const budget = bucket.tokens(nowMs);
        let spent = 0;
        let kept = 0;
        while (kept < items.length && spent + items[kept]!.cost <= budget) spent += items[kept++]!.cost;
        if (kept === items.length) threshold = 0n;
        else {
          // A threshold cannot separate equal values: all that are equal at the cut are left out.
          const excluded = items[kept]!.randomness;
          while (kept > 0 && items[kept - 1]!.randomness === excluded) spent -= items[--kept]!.cost;
          threshold = kept === 0 ? NEVER : excluded + 1n;
        }
        if (spent > 0) bucket.spend(spent, nowMs);
        items = [];
      },
    },
  };
}

// The half of a rate that knows all shards: every interval the moving averages of what each key brings become probabilities, which hold for the
// next interval. A probability never depends on the traces it is applied to, so weights stay unbiased; keys beyond the bound share one bucket.
import { keyShares } from './key-shares.ts';
import { thresholdOfProbability, type RateGoal, type RateInterval, type RateThresholds } from './rate-interval.ts';

/** How often probabilities are made anew, ms of the collector's clock. */
export const RATE_INTERVAL_MS = 15_000;
/** Share of the newest interval in the moving average. */
const NEWEST_SHARE = 0.5;
/** A key whose average fell below half a span per interval is removed. */
const AGE_OUT = 0.5;
/** Keys with an average of their own; further ones share the overflow bucket, so that no key explosion keeps everything. */
export const MAX_RATE_KEYS = 500;
/** Nothing that a rate governs becomes rarer than this: a weight above a million says nothing. */
const LEAST_PROBABILITY = 1e-6;

export class RateAverages {
  readonly #goal: RateGoal;
  /** Spans per interval. */
  readonly #keys = new Map<string, number>();
  #overflow = 0;

  constructor(goal: RateGoal) {
    this.#goal = goal;
  }

  /** @param parts of one interval, of all shards @returns thresholds for the next, the same for each of them */
  renew(parts: readonly RateInterval[]): RateThresholds {
    this.#count(parts);
    const keys = [...this.#keys.keys()];
    const hasOverflow = this.#overflow >= AGE_OUT;
    const averages = Float64Array.from([...this.#keys.values(), ...(hasOverflow ? [this.#overflow] : [])]);
    const sum = averages.reduce((total, average) => total + average, 0);
    const goal =
      this.#goal.kind === 'adaptive' ? this.#goal.share * sum : (this.#goal.spansPerSecond * RATE_INTERVAL_MS) / 1000;
    const thresholds = Array.from(keyShares(averages, goal), (share) =>
      thresholdOfProbability(Math.max(share, LEAST_PROBABILITY)),
    );
    return {
      keys,
      thresholds: Float64Array.from(thresholds.slice(0, keys.length).flatMap(({ hi, lo }) => [hi, lo])),
      overflow: hasOverflow ? thresholds[keys.length] : undefined,
    };
  }

  #count(parts: readonly RateInterval[]): void {
    const counted = new Map<string, number>();
    let overflow = 0;
    for (const { keys, spans, overflowSpans, elapsedMs } of parts) {
      const perInterval = RATE_INTERVAL_MS / elapsedMs;
      overflow += overflowSpans * perInterval;
      for (const [i, key] of keys.entries()) {
        const own = spans[i]! * perInterval;
        if (this.#keys.has(key) || counted.has(key) || this.#keys.size + counted.size < MAX_RATE_KEYS)
          counted.set(key, (counted.get(key) ?? 0) + own);
        else overflow += own;
      }
    }
    for (const key of this.#keys.keys()) if (!counted.has(key)) counted.set(key, 0);
    for (const [key, count] of counted) {
      const average = averageOf(this.#keys.get(key) ?? 0, count);
      if (average < AGE_OUT) this.#keys.delete(key);
      else this.#keys.set(key, average);
    }
    this.#overflow = averageOf(this.#overflow, overflow);
  }
}

/** The first interval is the average itself: half of it would be a wrong average. */
function averageOf(before: number, count: number): number {
  return before === 0 ? count : NEWEST_SHARE * count + (1 - NEWEST_SHARE) * before;
}

// The rates of all rules, over all shards: the intervals that shards hand out, and the thresholds that go back to them.
import { RateAverages } from './rate-averages.ts';
import type { RateGoal, RateInterval, RateThresholds } from './rate-interval.ts';

/** Rates remembered, those of rules that a reload removed among them; beyond it the one that has been there longest begins anew. */
const MAX_RATES = 1024;

export interface RatePart {
  /** Rule and rate as they stand in the configuration. */
  readonly rate: string;
  readonly goal: RateGoal;
  readonly interval: RateInterval;
}

export interface RateAnswer {
  readonly rate: string;
  readonly thresholds: RateThresholds;
}

export class RateBook {
  readonly #rates = new Map<string, RateAverages>();

  /** @param parts of one rate and one interval, of all shards @returns what goes back to each of them */
  renew(parts: readonly [RatePart, ...RatePart[]]): RateAnswer {
    const [{ rate, goal }] = parts;
    return { rate, thresholds: this.#averagesOf(rate, goal).renew(parts.map(({ interval }) => interval)) };
  }

  #averagesOf(rate: string, goal: RateGoal): RateAverages {
    const known = this.#rates.get(rate);
    if (known !== undefined) return known;
    if (this.#rates.size >= MAX_RATES) this.#rates.delete(this.#rates.keys().next().value ?? '');
    const averages = new RateAverages(goal);
    this.#rates.set(rate, averages);
    return averages;
  }
}

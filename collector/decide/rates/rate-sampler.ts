// Adaptive rates: every interval the moving averages of what each key brings become probabilities, which hold for the next interval.
// A probability never depends on the traces it is applied to, so weights stay unbiased; keys beyond the bound share one bucket.
import { HALF, KEEP_ALL, type Threshold } from '#proto/model/threshold.ts';
import { keyShares } from './key-shares.ts';

/** How often probabilities are made anew, ms of the collector's clock. */
export const RATE_INTERVAL_MS = 15_000;
/** Share of the newest interval in the moving average. */
const NEWEST_SHARE = 0.5;
/** A key whose average fell below half a span per interval is removed. */
const AGE_OUT = 0.5;
/** Keys with an average of their own; further ones share the overflow bucket, so that no key explosion keeps everything. */
export const MAX_RATE_KEYS = 500;
/** Probability before a throughput sampler has seen an interval. */
const INITIAL_PROBABILITY = 0.1;
/** Nothing that a rate governs becomes rarer than this: a weight above a million says nothing. */
const LEAST_PROBABILITY = 1e-6;

/** `adaptive`: that share of all spans. `throughput`: that many spans per second. */
export type RateGoal =
  | { readonly kind: 'adaptive'; readonly share: number }
  | { readonly kind: 'throughput'; readonly spansPerSecond: number };

interface KeyState {
  count: number;
  average: number;
  threshold: Threshold | undefined;
}

/** T for a probability p, exact to the double p is. */
export function thresholdOfProbability(p: number): Threshold {
  if (p >= 1) return KEEP_ALL;
  const rejected = (1 - p) * HALF;
  const hi = Math.floor(rejected);
  return { hi, lo: Math.floor((rejected - hi) * HALF) };
}

export class RateSampler {
  readonly #goal: RateGoal;
  readonly #keys = new Map<string, KeyState>();
  readonly #overflow: KeyState = { count: 0, average: 0, threshold: undefined };
  readonly #initial: Threshold;
  #nowMs = -Infinity;
  #intervalStartMs = -Infinity;

  constructor(goal: RateGoal) {
    this.#goal = goal;
    this.#initial = thresholdOfProbability(goal.kind === 'adaptive' ? goal.share : INITIAL_PROBABILITY);
  }

  /** Keys with an average of their own, the overflow bucket not counted. */
  get keyCount(): number {
    return this.#keys.size;
  }

  /**
   * Counts a trace and returns the threshold in force for its key. The clock never goes back: an older time counts as now.
   * @param spans of the trace
   */
  threshold(key: string, spans: number, nowMs: number): Threshold {
    this.#advance(nowMs);
    let state = this.#keys.get(key);
    if (state === undefined) {
      if (this.#keys.size < MAX_RATE_KEYS) {
        state = { count: 0, average: 0, threshold: undefined };
        this.#keys.set(key, state);
      } else state = this.#overflow;
    }
    state.count += spans;
    // A key that is new in this interval has no probability of its own yet.
    return state.threshold ?? this.#overflow.threshold ?? this.#initial;
  }

  #advance(nowMs: number): void {
    if (nowMs > this.#nowMs) this.#nowMs = nowMs;
    if (this.#intervalStartMs === -Infinity) this.#intervalStartMs = this.#nowMs;
    const elapsedMs = this.#nowMs - this.#intervalStartMs;
    if (elapsedMs < RATE_INTERVAL_MS) return;
    this.#intervalStartMs = this.#nowMs;
    this.#renew(RATE_INTERVAL_MS / elapsedMs);
  }

  /** @param scale turns counts of a longer time (nothing came at its end) into those of one interval */
  #renew(scale: number): void {
    const states: KeyState[] = [];
    for (const [key, state] of this.#keys) {
      age(state, scale);
      if (state.average < AGE_OUT) this.#keys.delete(key);
      else states.push(state);
    }
    age(this.#overflow, scale);
    const overflows = this.#overflow.average >= AGE_OUT;
    if (overflows) states.push(this.#overflow);
    if (!overflows) this.#overflow.threshold = undefined;
    const averages = Float64Array.from(states, (state) => state.average);
    const sum = averages.reduce((total, average) => total + average, 0);
    const goal =
      this.#goal.kind === 'adaptive' ? this.#goal.share * sum : (this.#goal.spansPerSecond * RATE_INTERVAL_MS) / 1000;
    const shares = keyShares(averages, goal);
    for (const [i, state] of states.entries())
      state.threshold = thresholdOfProbability(Math.max(shares[i]!, LEAST_PROBABILITY));
  }
}

function age(state: KeyState, scale: number): void {
  // The first interval is the average itself: half of it would be a wrong average.
  const count = state.count * scale;
  state.average = state.average === 0 ? count : NEWEST_SHARE * count + (1 - NEWEST_SHARE) * state.average;
  state.count = 0;
}

// The half of a rate that a shard has: counts what each key brings, and applies the thresholds in force. At the end of an interval the counts go to
// whoever knows all shards (RateAverages), and new thresholds come back.
import type { Threshold } from '#proto/model/threshold.ts';
import { MAX_RATE_KEYS, RATE_INTERVAL_MS, RateAverages } from './rate-averages.ts';
import { thresholdOfProbability, type RateGoal, type RateInterval, type RateThresholds } from './rate-interval.ts';

/** Probability before a throughput sampler has seen an interval. */
const INITIAL_PROBABILITY = 0.1;

interface KeyState {
  spans: number;
  threshold: Threshold | undefined;
}

export class RateSampler {
  readonly goal: RateGoal;
  /** Where counts of an interval go to, which {@link setThresholds} answers; undefined: this shard is all there is. */
  onInterval: ((interval: RateInterval) => void) | undefined;
  readonly #averages: RateAverages;
  readonly #keys = new Map<string, KeyState>();
  readonly #overflow: KeyState = { spans: 0, threshold: undefined };
  readonly #initial: Threshold;
  #nowMs = -Infinity;
  #intervalStartMs = -Infinity;

  constructor(goal: RateGoal) {
    this.goal = goal;
    this.#averages = new RateAverages(goal);
    this.#initial = thresholdOfProbability(goal.kind === 'adaptive' ? goal.share : INITIAL_PROBABILITY);
  }

  /** Keys that are counted apart: at most {@link MAX_RATE_KEYS} of this shard's own, and as many of others. */
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
        state = { spans: 0, threshold: undefined };
        this.#keys.set(key, state);
      } else state = this.#overflow;
    }
    state.spans += spans;
    // A key that is new in this interval has no probability of its own yet.
    return state.threshold ?? this.#overflow.threshold ?? this.#initial;
  }

  /** Thresholds in force from now on, also of keys that other shards have met. One that is not among them is forgotten, unless it has come since. */
  setThresholds({ keys, thresholds, overflow }: RateThresholds): void {
    for (const state of this.#keys.values()) state.threshold = undefined;
    for (const [i, key] of keys.entries()) {
      const threshold = { hi: thresholds[i * 2]!, lo: thresholds[i * 2 + 1]! };
      const state = this.#keys.get(key);
      if (state === undefined) this.#keys.set(key, { spans: 0, threshold });
      else state.threshold = threshold;
    }
    for (const [key, state] of this.#keys)
      if (state.threshold === undefined && state.spans === 0) this.#keys.delete(key);
    this.#overflow.threshold = overflow;
  }

  #advance(nowMs: number): void {
    if (nowMs > this.#nowMs) this.#nowMs = nowMs;
    if (this.#intervalStartMs === -Infinity) this.#intervalStartMs = this.#nowMs;
    const elapsedMs = this.#nowMs - this.#intervalStartMs;
    if (elapsedMs < RATE_INTERVAL_MS) return;
    this.#intervalStartMs = this.#nowMs;
    const interval = this.#flush(elapsedMs);
    if (this.onInterval === undefined) this.setThresholds(this.#averages.renew([interval]));
    else this.onInterval(interval);
  }

  #flush(elapsedMs: number): RateInterval {
    const interval = {
      keys: [...this.#keys.keys()],
      spans: Float64Array.from(this.#keys.values(), ({ spans }) => spans),
      overflowSpans: this.#overflow.spans,
      elapsedMs,
    };
    for (const state of this.#keys.values()) state.spans = 0;
    this.#overflow.spans = 0;
    return interval;
  }
}

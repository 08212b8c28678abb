// What one shard counted for a rate in an interval, and the thresholds that all shards together give to it for the next: plain data both ways.
import { HALF, KEEP_ALL, type Threshold } from '#proto/model/threshold.ts';

/** `adaptive`: that share of all spans. `throughput`: that many spans per second. */
export type RateGoal =
  | { readonly kind: 'adaptive'; readonly share: number }
  | { readonly kind: 'throughput'; readonly spansPerSecond: number };

export interface RateInterval {
  /** Keys that the shard counts apart, and spans of each. */
  readonly keys: readonly string[];
  readonly spans: Float64Array;
  /** Spans of all other keys. */
  readonly overflowSpans: number;
  /** How long it was, ms: longer than an interval where nothing came at its end. */
  readonly elapsedMs: number;
}

export interface RateThresholds {
  readonly keys: readonly string[];
  /** Two halves for each key. */
  readonly thresholds: Float64Array;
  /** Of keys that are not listed; undefined: there have been too few of them, and the rate begins with them as with its first. */
  readonly overflow: Threshold | undefined;
}

/** T for a probability p, exact to the double p is. */
export function thresholdOfProbability(p: number): Threshold {
  if (p >= 1) return KEEP_ALL;
  const rejected = (1 - p) * HALF;
  const hi = Math.floor(rejected);
  return { hi, lo: Math.floor((rejected - hi) * HALF) };
}

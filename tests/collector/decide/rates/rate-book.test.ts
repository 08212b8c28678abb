// A rate gives the same thresholds to any number of shards as to one that has all of their traces, and goes on after a reload.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { MAX_RATE_KEYS, RATE_INTERVAL_MS } from '#collector/decide/rates/rate-averages.ts';
import { RateBook, type RatePart } from '#collector/decide/rates/rate-book.ts';
import type { RateGoal } from '#collector/decide/rates/rate-interval.ts';
import { RateSampler } from '#collector/decide/rates/rate-sampler.ts';

const GOALS: readonly RateGoal[] = [
  { kind: 'adaptive', share: 0.1 },
  { kind: 'throughput', spansPerSecond: 20 },
];

/** Samplers of several shards, and the book that answers them once all have handed out the same interval. */
class Shards {
  readonly samplers: readonly RateSampler[];
  readonly #book = new RateBook();
  readonly #parts: RatePart[] = [];

  constructor(goal: RateGoal, count: number) {
    this.samplers = Array.from({ length: count }, () => new RateSampler(goal));
    for (const sampler of this.samplers)
      sampler.onInterval = (interval) => this.#parts.push({ rate: 'rest', goal, interval });
  }

  /** The interval ends in every shard. */
  end(): void {
    const [first, ...others] = this.#parts.splice(0);
    if (first === undefined) return;
    const { thresholds } = this.#book.renew([first, ...others]);
    for (const sampler of this.samplers) sampler.setThresholds(thresholds);
  }
}

test('traces spread over shards in any way get the thresholds that one shard would give them', () => {
  const trace = fc.record({
    key: fc.integer({ min: 0, max: 30 }),
    spans: fc.integer({ min: 1, max: 50 }),
    at: fc.nat(4),
  });
  fc.assert(
    fc.property(
      fc.constantFrom(...GOALS),
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.array(trace, { maxLength: 60 }), { minLength: 2, maxLength: 6 }),
      (goal, count, intervals) => {
        const alone = new RateSampler(goal);
        const shards = new Shards(goal, count);
        for (const [i, traces] of intervals.entries()) {
          const nowMs = i * RATE_INTERVAL_MS;
          alone.threshold('clock', 1, nowMs);
          // Every shard sees the end of an interval: here by a trace of one key, whose spans add up to the one of the shard that is alone.
          for (const sampler of shards.samplers) sampler.threshold('clock', 1 / count, nowMs);
          shards.end();
          for (const { key, spans, at } of traces) {
            const { hi, lo } = shards.samplers[at % count]!.threshold(`key ${key}`, spans, nowMs);
            const expected = alone.threshold(`key ${key}`, spans, nowMs);
            expect(Math.abs(hi + lo / 2 ** 28 - expected.hi - expected.lo / 2 ** 28)).toBeLessThan(1);
          }
        }
      },
    ),
    { seed: 5501, numRuns: 150 },
  );
});

test('a key explosion over many shards shares one bucket', () => {
  const goal: RateGoal = { kind: 'adaptive', share: 0.1 };
  const shards = new Shards(goal, 4);
  let n = 0;
  for (let interval = 0; interval < 4; interval++) {
    for (const sampler of shards.samplers)
      for (let i = 0; i < 2000; i++) sampler.threshold(`key ${n++}`, 1, interval * RATE_INTERVAL_MS);
    shards.end();
  }
  for (const sampler of shards.samplers) expect(sampler.keyCount).toBeLessThanOrEqual(2 * MAX_RATE_KEYS);
  const { hi } = shards.samplers[0]!.threshold('another key', 1, 4 * RATE_INTERVAL_MS);
  expect(hi / 2 ** 28).toBeGreaterThan(0.8);
});

test('a shard knows the thresholds of keys that only others have met', () => {
  const shards = new Shards({ kind: 'throughput', spansPerSecond: 1 }, 2);
  const [first, second] = shards.samplers;
  for (const nowMs of [0, RATE_INTERVAL_MS]) {
    first!.threshold('busy', 10_000, nowMs);
    second!.threshold('calm', 1, nowMs);
    shards.end();
  }
  expect(second!.threshold('busy', 1, RATE_INTERVAL_MS)).toEqual(first!.threshold('busy', 1, RATE_INTERVAL_MS));
  expect(second!.threshold('busy', 1, RATE_INTERVAL_MS).hi).toBeGreaterThan(0);
});

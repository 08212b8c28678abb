// Rates meet their goals, favour rare keys, stay bounded under a key explosion, and leave totals unbiased.
import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { keyShares } from '#collector/decide/rates/key-shares.ts';
import { MAX_RATE_KEYS, RATE_INTERVAL_MS } from '#collector/decide/rates/rate-averages.ts';
import { thresholdOfProbability, type RateGoal } from '#collector/decide/rates/rate-interval.ts';
import { RateSampler } from '#collector/decide/rates/rate-sampler.ts';
import { parseProbability, weightOf } from '#proto/model/threshold.ts';

/** A repeatable stream of 28-bit numbers (xorshift32, upper bits). */
function randomHalves(seed: number): () => number {
  let state = (Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 4;
  };
}

interface Run {
  readonly truth: number;
  readonly estimate: number;
  readonly kept: number;
}

/** Traces of several sizes over three keys of very different traffic, for some intervals; what weights say against the truth. */
function run(goal: RateGoal, seed: number): Run {
  const random = randomHalves(seed);
  const sampler = new RateSampler(goal);
  let [truth, estimate, kept] = [0, 0, 0];
  const traces = 6000;
  for (let i = 0; i < traces; i++) {
    const draw = random() % 100;
    const key = draw < 90 ? 'busy' : draw < 99 ? 'calm' : 'rare';
    const spans = 1 + (random() % 20);
    const { hi, lo } = sampler.threshold(key, spans, (i * 8 * RATE_INTERVAL_MS) / traces);
    const [randomHi, randomLo] = [random(), random()];
    truth += spans;
    if (randomHi < hi || (randomHi === hi && randomLo < lo)) continue;
    estimate += spans * weightOf(hi, lo);
    kept += spans;
  }
  return { truth, estimate, kept };
}

describe('shares of keys', () => {
  test('sum up to the goal, lie within 0 and 1, and never rise with the count', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 1, maxLength: 50 }),
        fc.double({ min: 0.001, max: 1, noNaN: true }),
        (counts, share) => {
          const averages = Float64Array.from(counts);
          const sum = averages.reduce((a, b) => a + b, 0);
          const shares = keyShares(averages, share * sum);
          const kept = shares.reduce((total, one, i) => total + one * averages[i]!, 0);
          expect(Math.abs(kept / (share * sum) - 1)).toBeLessThan(1e-9);
          const order = counts.map((_, i) => i).sort((a, b) => counts[a]! - counts[b]!);
          for (let i = 1; i < order.length; i++)
            expect(shares[order[i]!]!).toBeLessThanOrEqual(shares[order[i - 1]!]! + 1e-12);
          expect(shares.every((one) => one > 0 && one <= 1)).toBe(true);
        },
      ),
      { seed: 12 },
    );
  });
});

describe('rates', () => {
  const goals: [string, RateGoal][] = [
    ['adaptive 10 %', { kind: 'adaptive', share: 0.1 }],
    ['throughput 50 spans/s', { kind: 'throughput', spansPerSecond: 50 }],
  ];

  test.each(goals)('%s: totals from weights are unbiased over 200 seeds', (_name, goal) => {
    const errors = Array.from({ length: 200 }, (_, seed) => {
      const { truth, estimate } = run(goal, seed + 1);
      return estimate / truth - 1;
    });
    const mean = errors.reduce((a, b) => a + b, 0) / errors.length;
    const variance = errors.reduce((sum, error) => sum + (error - mean) ** 2, 0) / (errors.length - 1);
    const standardError = Math.sqrt(variance / errors.length);
    expect(standardError).toBeLessThan(0.01);
    expect(Math.abs(mean)).toBeLessThanOrEqual(3 * standardError);
  });

  test('adaptive keeps its share, throughput its spans per second', () => {
    const adaptive = run({ kind: 'adaptive', share: 0.1 }, 5);
    expect(adaptive.kept / adaptive.truth).toBeGreaterThan(0.08);
    expect(adaptive.kept / adaptive.truth).toBeLessThan(0.13);
    const throughput = run({ kind: 'throughput', spansPerSecond: 50 }, 5);
    const seconds = (8 * RATE_INTERVAL_MS) / 1000;
    expect(throughput.kept / seconds).toBeGreaterThan(40);
    expect(throughput.kept / seconds).toBeLessThan(62);
  });

  test('a rare key is thinned less than a busy one', () => {
    const sampler = new RateSampler({ kind: 'adaptive', share: 0.1 });
    for (let i = 0; i < 1000; i++) sampler.threshold(i % 100 === 0 ? 'rare' : 'busy', 1, (i * RATE_INTERVAL_MS) / 999);
    const [rare, busy] = [
      sampler.threshold('rare', 1, RATE_INTERVAL_MS),
      sampler.threshold('busy', 1, RATE_INTERVAL_MS),
    ];
    expect(rare.hi).toBeLessThan(busy.hi);
  });

  test('a key explosion shares one bucket and does not keep everything', () => {
    const sampler = new RateSampler({ kind: 'adaptive', share: 0.1 });
    let kept = 0;
    const traces = 40_000;
    for (let i = 0; i < traces; i++) {
      const { hi, lo } = sampler.threshold(`key ${i}`, 1, (i * 4 * RATE_INTERVAL_MS) / traces);
      kept += 1 / weightOf(hi, lo);
    }
    expect(sampler.keyCount).toBeLessThanOrEqual(MAX_RATE_KEYS);
    expect(kept / traces).toBeLessThan(0.2);
  });

  test('a clock that goes back, or silence, breaks nothing', () => {
    const sampler = new RateSampler({ kind: 'throughput', spansPerSecond: 10 });
    for (const nowMs of [5000, 0, 1e12, 1e12 - 5, 1e12 + RATE_INTERVAL_MS, 1e12 + 3 * RATE_INTERVAL_MS]) {
      const { hi, lo } = sampler.threshold('a', 3, nowMs);
      expect(weightOf(hi, lo)).toBeGreaterThanOrEqual(1);
      expect(weightOf(hi, lo)).toBeLessThan(1e7);
    }
  });

  test('a probability becomes the threshold that a percentage of the same value has, within the precision of a double', () => {
    for (const percent of [100, 50, 25, 10, 1, 0.1]) {
      const exact = parseProbability(`${percent}%`)!;
      const made = thresholdOfProbability(percent / 100);
      expect(Math.abs(weightOf(made.hi, made.lo) / weightOf(exact.hi, exact.lo) - 1)).toBeLessThan(1e-9);
    }
  });
});

describe('against the plain reading', () => {
  test('probabilities are those of the moving averages of the intervals before', () => {
    const interval = fc.record({ a: fc.integer({ min: 1, max: 400 }), b: fc.integer({ min: 1, max: 40 }) });
    fc.assert(
      fc.property(
        fc.array(interval, { minLength: 2, maxLength: 6 }),
        fc.constantFrom(0.1, 0.5, 1),
        (intervals, share) => {
          const sampler = new RateSampler({ kind: 'adaptive', share });
          const averages = new Map<string, number>();
          let expected = new Map<string, number>();
          for (const [i, counts] of intervals.entries()) {
            const nowMs = i * RATE_INTERVAL_MS;
            for (const key of ['a', 'b'] as const) {
              const { hi, lo } = sampler.threshold(key, counts[key], nowMs);
              expect(1 / weightOf(hi, lo)).toBeCloseTo(expected.get(key) ?? share, 6);
            }
            for (const key of ['a', 'b'] as const) {
              const before = averages.get(key);
              averages.set(key, before === undefined ? counts[key] : (counts[key] + before) / 2);
            }
            const all = Float64Array.from(averages.values());
            const shares = keyShares(all, share * all.reduce((sum, one) => sum + one, 0));
            expected = new Map([...averages.keys()].map((key, at) => [key, shares[at]!]));
          }
        },
      ),
      { seed: 461, numRuns: 60 },
    );
  });

  test('a key that stays away is let go, and begins anew', () => {
    const sampler = new RateSampler({ kind: 'adaptive', share: 0.5 });
    sampler.threshold('seldom', 4, 0);
    for (let i = 1; i <= 6; i++) sampler.threshold('often', 100, i * RATE_INTERVAL_MS);
    expect(sampler.keyCount).toBe(1);
    sampler.threshold('seldom', 1, 6 * RATE_INTERVAL_MS);
    expect(sampler.keyCount).toBe(2);
  });

  test('a throughput above all there is keeps all', () => {
    const sampler = new RateSampler({ kind: 'throughput', spansPerSecond: 1000 });
    sampler.threshold('a', 10, 0);
    const { hi, lo } = sampler.threshold('a', 10, RATE_INTERVAL_MS);
    expect([hi, lo]).toEqual([0, 0]);
  });

  test('nothing becomes rarer than one in a million', () => {
    const sampler = new RateSampler({ kind: 'throughput', spansPerSecond: 1e-9 });
    sampler.threshold('a', 1e9, 0);
    const { hi, lo } = sampler.threshold('a', 1, RATE_INTERVAL_MS);
    expect(weightOf(hi, lo) / 1e6).toBeCloseTo(1, 3);
  });

  test.each([0.25, 0.5, 1, 2])('the threshold of probability %d keeps that part', (p) => {
    const { hi, lo } = thresholdOfProbability(p);
    expect(1 / weightOf(hi, lo)).toBeCloseTo(Math.min(1, p), 9);
  });
});

// Budget and floor as thresholds: exact in what they keep, independent of order and sharding, and unbiased, alone and together.
import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { budgetThreshold } from '#collector/decide/budget/budget-threshold.ts';
import { justAbove, passes, type Candidate } from '#collector/decide/budget/candidate.ts';
import { FloorThresholds } from '#collector/decide/budget/floor-thresholds.ts';
import { windowThresholds, type WindowLimits } from '#collector/decide/budget/window-thresholds.ts';
import { HALF, KEEP_ALL, KEEP_NONE, parseProbability, weightOf, type Threshold } from '#proto/model/threshold.ts';

/** A repeatable stream of 28-bit numbers (xorshift32, upper bits). */
function randomHalves(seed: number): () => number {
  let state = (Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995) | 1;
  for (let warm = 0; warm < 8; warm++) state ^= (state << 13) ^ (state >>> 17);
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 4;
  };
}

const HALF_KEPT = parseProbability('50%')!;
const SERVICES = 12;

/** A window of traces; what they are is fixed by `shape`, their randomness by `seed`. */
function windowOf(seed: number, traces = 400, shape = 77): Candidate[] {
  const what = randomHalves(shape);
  const random = randomHalves(seed);
  return Array.from({ length: traces }, () => {
    const service = Math.floor(Math.sqrt(what() % (SERVICES * SERVICES)));
    const spans = what() % 50 === 0 ? 30 : 1 + (what() % 9);
    return {
      randomHi: random(),
      randomLo: random(),
      rule: service % 3 === 0 ? HALF_KEPT : KEEP_ALL,
      upstream: KEEP_ALL,
      spans,
      bytes: spans * 100,
      stratum: `service ${service}`,
      outsideBudget: false,
    };
  });
}

function candidate(randomHi: number, more: Partial<Candidate> = {}): Candidate {
  return {
    randomHi,
    randomLo: 0,
    rule: KEEP_ALL,
    upstream: KEEP_ALL,
    spans: 1,
    bytes: 100,
    stratum: 's',
    outsideBudget: false,
    ...more,
  };
}

describe('budget', () => {
  test('takes by falling randomness and stops at the first that does not fit, never skipping to a smaller one', () => {
    const big = candidate(90, { spans: 10 });
    const candidates = [candidate(50), candidate(100), big, candidate(95, { spans: 4 })];
    expect(budgetThreshold(candidates, { spans: 6 })).toEqual(justAbove(big));
    expect(budgetThreshold(candidates, { spans: 15 })).toEqual(justAbove(candidates[0]!));
    expect(budgetThreshold(candidates, { spans: 16 })).toEqual(KEEP_ALL);
    expect(budgetThreshold(candidates, { spans: 100, bytes: 150 })).toEqual(justAbove(candidates[3]!));
  });

  test('traces with the same randomness stay together: a tie across the cut is out as a group', () => {
    const candidates = [candidate(100), candidate(50), candidate(50)];
    const threshold = budgetThreshold(candidates, { spans: 2 });
    expect(candidates.filter((one) => passes(one, threshold))).toHaveLength(1);
  });

  test('a group of one randomness that is larger than the budget is kept whole when it comes first', () => {
    const group = [candidate(100), candidate(100), candidate(100)];
    expect(budgetThreshold([...group, candidate(50)], { spans: 2 })).toEqual(justAbove(candidate(50)));
    expect(budgetThreshold([...group, candidate(150), candidate(50)], { spans: 3 })).toEqual(justAbove(group[0]!));
  });

  test('what a rule does not want takes none of the budget', () => {
    const candidates = [
      candidate(100, { rule: KEEP_NONE, spans: 50 }),
      candidate(60, { spans: 3 }),
      candidate(70, { upstream: { hi: 80, lo: 0 }, spans: 9 }),
    ];
    expect(budgetThreshold(candidates, { spans: 3 })).toEqual(KEEP_ALL);
  });

  test('the greatest randomness of all gives the threshold above everything', () => {
    expect(justAbove(candidate(HALF - 1, { randomLo: HALF - 1 }))).toEqual(KEEP_NONE);
  });

  test('never keeps more than it has, and over all shards together no less exactly', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const candidates = windowOf(seed);
      const threshold = budgetThreshold(candidates, { spans: 500 });
      const kept = candidates.filter((one) => passes(one, threshold) && passes(one, one.rule));
      expect(kept.reduce((sum, one) => sum + one.spans, 0)).toBeLessThanOrEqual(500);
      // Four shards hand in their candidates in whatever order.
      const shards = [0, 1, 2, 3].flatMap((shard) => candidates.filter((_, i) => i % 4 === shard));
      expect(budgetThreshold(shards, { spans: 500 })).toEqual(threshold);
    }
  });
});

describe('floor', () => {
  test('keeps the highest of every stratum, but nothing that a rule with 0 % refused', () => {
    const candidates = [
      candidate(5, { stratum: 'a' }),
      candidate(9, { stratum: 'a' }),
      candidate(1, { stratum: 'b' }),
      candidate(99, { stratum: 'c', rule: KEEP_NONE }),
    ];
    const thresholds = windowThresholds(candidates, { budget: { spans: 0 }, floorTraces: 1 });
    expect(candidates.map((one, i) => passes(one, thresholds[i]!))).toEqual([false, true, true, false]);
  });

  test('keeps all of one randomness, or none', () => {
    const candidates = [candidate(9), candidate(9), candidate(9), candidate(5), candidate(5), candidate(1)];
    const kept = (floorTraces: number): number => {
      const thresholds = windowThresholds(candidates, { budget: { spans: 0 }, floorTraces });
      return candidates.filter((one, i) => passes(one, thresholds[i]!)).length;
    };
    expect([0, 1, 2, 3].map(kept)).toEqual([0, 3, 5, 6]);
  });

  test('never goes below an incoming th', () => {
    const upstream = { hi: 7, lo: 0 };
    expect(windowThresholds([candidate(9, { upstream })], { floorTraces: 1 })).toEqual([upstream]);
  });
});

describe('all together', () => {
  const at = (r: number): Threshold => ({ hi: r, lo: 0 });
  const some = fc
    .record({
      r: fc.integer({ min: 1, max: 30 }),
      spans: fc.integer({ min: 1, max: 5 }),
      rule: fc.constantFrom(KEEP_ALL, at(7), at(15), KEEP_NONE),
      upstream: fc.constantFrom(KEEP_ALL, KEEP_ALL, at(9)),
      stratum: fc.constantFrom('a', 'b'),
      outsideBudget: fc.constantFrom(false, false, true),
    })
    .map(({ r, ...more }) => candidate(r, more));
  const candidates = fc.array(some, { maxLength: 12 });
  const value = ({ hi, lo }: Threshold): number => hi * 2 ** 28 + lo;

  test('a threshold is the greatest of rule and budget, at most that of the floor, at least what came in', () => {
    fc.assert(
      fc.property(candidates, fc.nat({ max: 20 }), fc.nat({ max: 3 }), (list, spans, floorTraces) => {
        const budget = value(budgetThreshold(list, { spans }));
        const floor = new FloorThresholds(list, () => floorTraces);
        const expected = list.map((one) => {
          const wanted = one.outsideBudget ? value(one.rule) : Math.max(value(one.rule), budget);
          const least = one.rule === KEEP_NONE ? wanted : Math.min(value(floor.of(one)), wanted);
          return Math.max(value(one.upstream), least);
        });
        expect(windowThresholds(list, { budget: { spans }, floorTraces }).map(value)).toEqual(expected);
      }),
      { seed: 471, numRuns: 300 },
    );
  });

  test('without budget and floor it is what the rule says, or what came in', () => {
    fc.assert(
      fc.property(candidates, (list) => {
        expect(windowThresholds(list, {}).map(value)).toEqual(
          list.map((one) => Math.max(value(one.rule), value(one.upstream))),
        );
      }),
      { seed: 472 },
    );
  });

  test('a floor never drops what would have been kept without it, a budget never keeps more', () => {
    const kept = (list: readonly Candidate[], limits: WindowLimits): boolean[] => {
      const thresholds = windowThresholds(list, limits);
      return list.map((one, i) => passes(one, thresholds[i]!));
    };
    fc.assert(
      fc.property(candidates, fc.nat({ max: 20 }), (list, spans) => {
        const [plain, limited] = [kept(list, {}), kept(list, { budget: { spans } })];
        const floored = kept(list, { budget: { spans }, floorTraces: 1 });
        expect(limited.filter((keep, i) => keep && !plain[i])).toEqual([]);
        expect(limited.filter((keep, i) => keep && !floored[i])).toEqual([]);
      }),
      { seed: 473, numRuns: 300 },
    );
  });
});

describe('totals from weights', () => {
  const limits: [string, WindowLimits][] = [
    ['budget', { budget: { spans: 500 } }],
    ['floor', { floorTraces: 2 }],
    ['budget and floor', { budget: { spans: 400 }, floorTraces: 2 }],
    ['rules alone', {}],
  ];

  test.each([
    ...limits.map((limit) => [...limit, 1] as const),
    ...limits.map(([name, limit]) => [`${name}, linked traces of one randomness`, limit, 7] as const),
  ])('%s: unbiased over 200 seeds of many windows, whole and for every service', (_name, limit, linked) => {
    const seeds = 200;
    const windows = 12;
    const shapes = Array.from({ length: windows }, (_, w) => windowOf(1, 400, 1000 + w));
    const truth = new Float64Array(SERVICES + 1);
    for (const shape of shapes) for (const one of shape) addTo(truth, one, one.spans);
    const errors = Array.from({ length: seeds }, (_, seed) => {
      const estimate = new Float64Array(SERVICES + 1);
      for (let w = 0; w < windows; w++) {
        const candidates = asLinked(windowOf(seed * windows + w + 1, 400, 1000 + w), linked);
        const thresholds = windowThresholds(candidates, limit);
        for (const [i, one] of candidates.entries()) {
          const { hi, lo } = thresholds[i]!;
          if (passes(one, thresholds[i]!)) addTo(estimate, one, one.spans * weightOf(hi, lo));
        }
      }
      return estimate.map((value, k) => value / truth[k]! - 1);
    });
    for (let k = 0; k <= SERVICES; k++) {
      if (truth[k] === 0) continue;
      const mean = errors.reduce((sum, one) => sum + one[k]!, 0) / seeds;
      const variance = errors.reduce((sum, one) => sum + (one[k]! - mean) ** 2, 0) / (seeds - 1);
      const standardError = Math.sqrt(variance / seeds);
      // 13 estimates of 4 samplers are looked at, so a single one may reach a little beyond three standard errors.
      expect({ k, unbiased: Math.abs(mean) <= (k === SERVICES ? 3 : 3.5) * standardError + 1e-12 }).toEqual({
        k,
        unbiased: true,
      });
    }
    const total = errors.map((one) => one[SERVICES]!);
    const mean = total.reduce((a, b) => a + b, 0) / seeds;
    expect(Math.sqrt(total.reduce((sum, error) => sum + (error - mean) ** 2, 0) / (seeds - 1) / seeds)).toBeLessThan(
      0.01,
    );
  });
});

/** Traces in groups of that many, of different services and rules, have the randomness of the first. */
function asLinked(candidates: readonly Candidate[], group: number): Candidate[] {
  return candidates.map((one, i) => {
    const { randomHi, randomLo } = candidates[i - (i % group)]!;
    return { ...one, randomHi, randomLo };
  });
}

/** By service, and in the last place all together. */
function addTo(sums: Float64Array, one: Candidate, value: number): void {
  sums[Number(one.stratum.slice('service '.length))]! += value;
  sums[SERVICES]! += value;
}

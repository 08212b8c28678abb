// Sums, differences and multiples of histograms, against maps of buckets.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { add, divide, multiply, subtract } from '#query/promql/histogram/arithmetic.ts';
import { NO_BUCKETS } from '#query/promql/histogram/buckets.ts';
import { compact, EMPTY_HISTOGRAM, equalHistograms } from '#query/promql/histogram/float-histogram.ts';
import type { FloatHistogram } from '#query/promql/histogram/float-histogram.ts';
import { HistogramMean, HistogramSum } from '#query/promql/histogram/histogram-sum.ts';
import { listed, plainCombine, plainOf } from '#tests/oracle/plain-histogram.ts';
import { customHistograms, exponentialHistograms } from '#tests/support/random-histogram.ts';

const RUNS = { numRuns: 2000, seed: 20_261_130 };

/** Counts under the upper bounds of custom buckets, cumulative. */
function cumulative({ positive, customValues }: FloatHistogram): ReadonlyMap<number, number> {
  let total = 0;
  const byIndex = new Map(positive.indexes.map((index, at) => [index, positive.counts[at] ?? 0]));
  return new Map(
    [...customValues, Infinity].map((bound, index) => {
      total += byIndex.get(index) ?? 0;
      return [bound, total];
    }),
  );
}

describe('sums and differences', () => {
  it('are those of maps of buckets, whatever schemas and zero buckets', () => {
    fc.assert(
      fc.property(exponentialHistograms, exponentialHistograms, (a, b) => {
        const sum = add(a, b)?.histogram ?? EMPTY_HISTOGRAM;
        expect(listed(plainOf(sum))).toEqual(listed(plainCombine(plainOf(a), plainOf(b), 1)));
        const difference = subtract(a, b)?.histogram ?? EMPTY_HISTOGRAM;
        expect(listed(plainOf(difference))).toEqual(listed(plainCombine(plainOf(a), plainOf(b), -1)));
      }),
      RUNS,
    );
  });

  it('keep, of custom buckets, the counts under the bounds that both have', () => {
    fc.assert(
      fc.property(customHistograms, customHistograms, fc.constantFrom<1 | -1>(1, -1), (a, b, factor) => {
        const combined = (factor === 1 ? add : subtract)(a, b);
        const both = a.customValues.filter((bound) => b.customValues.includes(bound));
        const got = combined?.histogram ?? EMPTY_HISTOGRAM;
        expect(got.customValues).toEqual(both);
        const [left, right, sum] = [cumulative(a), cumulative(b), cumulative(got)];
        for (const bound of [...both, Infinity])
          expect(sum.get(bound)).toBe((left.get(bound) ?? 0) + factor * (right.get(bound) ?? 0));
        expect(combined?.boundsReconciled).toBe(a.customValues.join() !== b.customValues.join());
      }),
      RUNS,
    );
  });

  it('are not there between exponential and custom buckets', () => {
    fc.assert(
      fc.property(exponentialHistograms, customHistograms, (a, b) => {
        expect(add(a, b)).toBeUndefined();
        expect(subtract(b, a)).toBeUndefined();
        expect(new HistogramSum(a).add(b)).toBe(false);
      }),
      { ...RUNS, numRuns: 50 },
    );
  });

  it('combine the hints, and say where they contradict each other', () => {
    const hinted = (hint: FloatHistogram['hint']): FloatHistogram => ({ ...EMPTY_HISTOGRAM, hint });
    expect(add(hinted('reset'), hinted('not_reset'))).toMatchObject({
      hintsCollide: true,
      histogram: { hint: 'unknown' },
    });
    expect(add(hinted('reset'), hinted('gauge'))).toMatchObject({ hintsCollide: false, histogram: { hint: 'gauge' } });
    expect(add(hinted('reset'), hinted('unknown'))).toMatchObject({
      hintsCollide: false,
      histogram: { hint: 'unknown' },
    });
  });
});

describe('compensated sums', () => {
  it('are plain sums where counts are whole', () => {
    const many = fc.array(fc.oneof(exponentialHistograms), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.oneof(many, fc.array(customHistograms, { minLength: 1, maxLength: 5 })), ([first, ...rest]) => {
        const sum = new HistogramSum(first ?? EMPTY_HISTOGRAM);
        const plain = rest.reduce((one, other) => add(one, other)?.histogram ?? one, first ?? EMPTY_HISTOGRAM);
        for (const other of rest) expect(sum.add(other)).toBe(true);
        expect(equalHistograms(compact(sum.value), compact(plain))).toBe(true);
        expect(sum.value.hint).toBe(plain.hint);
      }),
      RUNS,
    );
  });

  it('lose nothing where a large count comes and goes', () => {
    const of = (count: number): FloatHistogram => ({
      ...EMPTY_HISTOGRAM,
      count,
      sum: count,
      zeroCount: count,
      positive: { indexes: [1], counts: [count] },
    });
    const sum = new HistogramSum(of(1e100));
    for (const count of [1, -1e100, 1]) sum.add(of(count));
    expect(sum.value).toEqual(of(2));
  });

  it('give means that do not overflow', () => {
    const of = (count: number): FloatHistogram => ({ ...EMPTY_HISTOGRAM, count, sum: -count });
    const mean = new HistogramMean(of(1.5e308));
    for (const count of [1.5e308, 1.5e308]) mean.add(of(count));
    expect(mean.value.count / 1.5e308).toBeCloseTo(1, 12);
    const small = new HistogramMean(of(1));
    for (const count of [2, 6]) small.add(of(count));
    expect(small.value).toMatchObject({ count: 3, sum: -3 });
  });
});

describe('multiples', () => {
  const one: FloatHistogram = {
    ...EMPTY_HISTOGRAM,
    count: 6,
    sum: 3,
    zeroCount: 2,
    positive: { indexes: [0], counts: [4] },
  };

  it('scale every count', () => {
    expect(multiply(one, 2)).toEqual({
      ...one,
      count: 12,
      sum: 6,
      zeroCount: 4,
      positive: { indexes: [0], counts: [8] },
    });
    expect(divide(one, 2)).toEqual({
      ...one,
      count: 3,
      sum: 1.5,
      zeroCount: 1,
      positive: { indexes: [0], counts: [2] },
    });
    expect(multiply(one, -1).hint).toBe('gauge');
  });

  it('have no buckets after a division by zero', () => {
    expect(divide(one, 0)).toMatchObject({ count: Infinity, sum: Infinity, zeroCount: Infinity, positive: NO_BUCKETS });
  });
});

// Random histograms for property tests, with whole counts so that sums are exact in any order.
import * as fc from 'fast-check';
import { CUSTOM_BUCKETS_SCHEMA } from '#query/promql/histogram/bounds.ts';
import { NO_BUCKETS, type Buckets } from '#query/promql/histogram/buckets.ts';
import type { CounterResetHint, FloatHistogram } from '#query/promql/histogram/float-histogram.ts';

function buckets(min: number, max: number): fc.Arbitrary<Buckets> {
  return fc
    .uniqueArray(fc.tuple(fc.integer({ min, max }), fc.integer({ min: 0, max: 9 })), {
      selector: ([index]) => index,
      maxLength: 8,
    })
    .map((entries) => {
      const sorted = entries.toSorted(([a], [b]) => a - b);
      return { indexes: sorted.map(([index]) => index), counts: sorted.map(([, count]) => count) };
    });
}

function total({ counts }: Buckets): number {
  return counts.reduce((sum, count) => sum + count, 0);
}

const hints = fc.constantFrom<CounterResetHint>('unknown', 'reset', 'not_reset', 'gauge');

export const exponentialHistograms: fc.Arbitrary<FloatHistogram> = fc
  .record({
    hint: hints,
    schema: fc.integer({ min: -2, max: 3 }),
    zeroThreshold: fc.constantFrom(0, 0.001, 0.5, 1, 1.5, 2, 4),
    zeroCount: fc.integer({ min: 0, max: 9 }),
    sum: fc.integer({ min: -100, max: 100 }),
    positive: buckets(-10, 20),
    negative: buckets(-10, 20),
  })
  .map((one) => ({ ...one, count: one.zeroCount + total(one.positive) + total(one.negative), customValues: [] }));

export const customHistograms: fc.Arbitrary<FloatHistogram> = fc
  .record({
    hint: hints,
    sum: fc.integer({ min: 0, max: 100 }),
    customValues: fc.subarray([1, 2, 3, 5, 8, 13], { minLength: 1 }),
    counts: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 7, maxLength: 7 }),
  })
  .map(({ hint, sum, customValues, counts }) => {
    const positive = {
      indexes: Array.from({ length: customValues.length + 1 }, (_, at) => at),
      counts: counts.slice(0, customValues.length + 1),
    };
    return {
      hint,
      sum,
      customValues,
      positive,
      negative: NO_BUCKETS,
      schema: CUSTOM_BUCKETS_SCHEMA,
      zeroThreshold: 0,
      zeroCount: 0,
      count: total(positive),
    };
  });

// Counter resets between two histograms, against maps of buckets.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { add } from '#query/promql/histogram/arithmetic.ts';
import { EMPTY_HISTOGRAM, withHint, type FloatHistogram } from '#query/promql/histogram/float-histogram.ts';
import { detectReset } from '#query/promql/histogram/detect-reset.ts';
import { plainOf, plainReset } from '#tests/oracle/plain-histogram.ts';
import { customHistograms, exponentialHistograms } from '#tests/support/random-histogram.ts';

const RUNS = { numRuns: 2000, seed: 20_261_130 };

/** Less of everything, but for the layout. */
function thinned(histogram: FloatHistogram): FloatHistogram {
  const less = (counts: readonly number[]): number[] => counts.map((count, at) => (at % 2 === 0 ? count : 0));
  return {
    ...histogram,
    zeroCount: 0,
    count: 0,
    positive: { ...histogram.positive, counts: less(histogram.positive.counts) },
    negative: { ...histogram.negative, counts: less(histogram.negative.counts) },
  };
}

describe('detectReset', () => {
  it('finds what maps of buckets find', () => {
    const before = fc.oneof(exponentialHistograms, exponentialHistograms.map(thinned));
    let resets = 0;
    fc.assert(
      fc.property(exponentialHistograms, before, fc.boolean(), (one, earlier, grows) => {
        const now = withHint(grows ? (add(one, earlier)?.histogram ?? one) : one, 'unknown');
        const expected = plainReset(plainOf(now), plainOf(earlier));
        resets += Number(expected);
        expect(detectReset(now, earlier)).toBe(expected);
      }),
      RUNS,
    );
    expect(resets).toBeGreaterThan(200);
    expect(resets).toBeLessThan(1800);
  });

  it('compares custom buckets of different bounds where they have bounds in common', () => {
    fc.assert(
      fc.property(customHistograms, customHistograms, (a, b) => {
        const grown = add(a, b)?.histogram ?? a;
        expect(detectReset(withHint(grown, 'unknown'), b)).toBe(false);
        expect(detectReset(withHint(a, 'unknown'), b) || a.count >= b.count).toBe(true);
      }),
      RUNS,
    );
  });

  it('believes the hint', () => {
    expect(detectReset(withHint(EMPTY_HISTOGRAM, 'reset'), EMPTY_HISTOGRAM)).toBe(true);
    expect(detectReset(withHint(EMPTY_HISTOGRAM, 'not_reset'), { ...EMPTY_HISTOGRAM, count: 5 })).toBe(false);
    expect(detectReset(withHint(EMPTY_HISTOGRAM, 'gauge'), { ...EMPTY_HISTOGRAM, count: 5 })).toBe(true);
  });
});

// Quantiles and fractions of native histograms: interpolation, and that the two are each other's inverse.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CUSTOM_BUCKETS_SCHEMA } from '#query/promql/histogram/bounds.ts';
import { EMPTY_HISTOGRAM, type FloatHistogram } from '#query/promql/histogram/float-histogram.ts';
import { histogramFraction, histogramQuantile, histogramVariance } from '#query/promql/histogram/quantile.ts';
import { exponentialHistograms } from '#tests/support/random-histogram.ts';

const one: FloatHistogram = {
  ...EMPTY_HISTOGRAM,
  count: 12,
  sum: 100,
  zeroThreshold: 0.001,
  zeroCount: 2,
  positive: { indexes: [1, 2, 4], counts: [5, 2, 3] },
};
const custom: FloatHistogram = {
  ...EMPTY_HISTOGRAM,
  schema: CUSTOM_BUCKETS_SCHEMA,
  customValues: [5, 10],
  count: 4,
  sum: 30,
  positive: { indexes: [0, 1, 2], counts: [1, 2, 1] },
};

describe('histogramQuantile', () => {
  it('interpolates on a logarithmic scale, linearly around zero and between custom bounds', () => {
    expect(histogramQuantile(0.5, one).value).toBeCloseTo(2 ** 0.8, 12);
    expect(histogramQuantile(1 / 12, one).value).toBeCloseTo(0.0005, 12);
    expect(histogramQuantile(0.5, custom).value).toBeCloseTo(7.5, 12);
    expect(histogramQuantile(0.99, custom).value).toBe(10);
  });

  it('has no answer without observations, and says where those are no numbers', () => {
    expect(histogramQuantile(0.5, EMPTY_HISTOGRAM).value).toBeNaN();
    expect([-1, 2].map((q) => histogramQuantile(q, one).value)).toEqual([-Infinity, Infinity]);
    expect(histogramQuantile(0.99, { ...one, count: 20, sum: NaN })).toEqual({ value: NaN, nan: 'result' });
    expect(histogramQuantile(0.01, { ...one, count: 20, sum: NaN }).nan).toBe('skew');
  });

  it('grows with q', () => {
    fc.assert(
      fc.property(exponentialHistograms, fc.double({ min: 0, max: 1, noNaN: true }), (histogram, q) => {
        const lower = histogramQuantile(q / 2, histogram).value;
        expect(!(lower > histogramQuantile(q, histogram).value + 1e-9)).toBe(true);
      }),
      { seed: 3 },
    );
  });
});

describe('histogramFraction', () => {
  it('is the inverse of the quantile', () => {
    for (const q of [0.05, 0.3, 0.5, 0.7, 0.95])
      expect(histogramFraction(-Infinity, histogramQuantile(q, one).value, one).value).toBeCloseTo(q, 10);
  });

  it('is all between infinities, nothing between equal bounds, and leaves out what is no number', () => {
    expect(histogramFraction(-Infinity, Infinity, one)).toEqual({ value: 1, nan: false });
    expect(histogramFraction(2, 2, one).value).toBe(0);
    expect(histogramFraction(NaN, 2, one).value).toBeNaN();
    expect(histogramFraction(-Infinity, Infinity, { ...one, count: 24, sum: NaN })).toEqual({ value: 0.5, nan: true });
  });
});

describe('histogramVariance', () => {
  it('looks at the middle of each bucket', () => {
    expect(histogramVariance({ ...custom, sum: 10, count: 2, positive: { indexes: [0, 1], counts: [0, 2] } })).toBe(
      6.25,
    );
  });
});

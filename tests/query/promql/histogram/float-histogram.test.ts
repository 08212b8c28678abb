// Layout, equality, bounds, text and JSON of histograms.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CUSTOM_BUCKETS_SCHEMA, exponentialBound } from '#query/promql/histogram/bounds.ts';
import { bucketsFromSpans, spanCount, type Buckets } from '#query/promql/histogram/buckets.ts';
import {
  compact,
  EMPTY_HISTOGRAM,
  equalHistograms,
  sizeInSamples,
  type FloatHistogram,
} from '#query/promql/histogram/float-histogram.ts';
import { histogramToJson } from '#query/promql/histogram/json.ts';
import { histogramNotation, histogramText } from '#query/promql/histogram/text.ts';
import { trim } from '#query/promql/histogram/trim.ts';
import { exponentialHistograms } from '#tests/support/random-histogram.ts';

const run = (first: number, ...counts: number[]): Buckets => bucketsFromSpans([[first, counts.length]], counts);

const example: FloatHistogram = {
  ...EMPTY_HISTOGRAM,
  zeroThreshold: 0.001,
  zeroCount: 2,
  count: 10,
  sum: 7.5,
  positive: bucketsFromSpans(
    [
      [0, 2],
      [1, 1],
    ],
    [1, 0, 4],
  ),
  negative: run(0, 3),
};
const custom: FloatHistogram = {
  ...EMPTY_HISTOGRAM,
  schema: CUSTOM_BUCKETS_SCHEMA,
  customValues: [5, 10],
  count: 6,
  sum: 40,
  positive: run(0, 1, 2, 3),
};

describe('bounds', () => {
  it('are powers of two divided evenly, exact where a float can be', () => {
    expect([-2, 0, 1, 5].map((index) => exponentialBound(index, 0))).toEqual([0.25, 1, 2, 32]);
    // One unit in the last place below the nearest float, as Prometheus has it.
    expect(exponentialBound(1, 1)).toBe(Math.SQRT2 * (1 - Number.EPSILON / 2));
    expect([1, 2].map((index) => exponentialBound(index, -2))).toEqual([16, 256]);
    for (let schema = 0; schema <= 8; schema++)
      for (let index = 1; index < 2 ** schema; index++)
        expect(exponentialBound(index, schema) / 2 ** (index / 2 ** schema)).toBeCloseTo(1, 14);
  });

  it('end at the largest float, then at infinity, and begin among the denormals', () => {
    expect([1023, 1024, 1025].map((index) => exponentialBound(index, 0))).toEqual([
      2 ** 1023,
      Number.MAX_VALUE,
      Infinity,
    ]);
    expect([64, 65].map((index) => exponentialBound(index, -4))).toEqual([Number.MAX_VALUE, Infinity]);
    expect(exponentialBound(-1074, 0)).toBe(Number.MIN_VALUE);
    expect(exponentialBound(-2000, 0)).toBe(0);
  });
});

describe('layout', () => {
  it('goes from spans to indexes', () => {
    const buckets = bucketsFromSpans(
      [
        [-3, 2],
        [0, 1],
        [4, 0],
        [1, 2],
      ],
      [1, 2, 3, 4, 5],
    );
    expect(buckets.indexes).toEqual([-3, -2, -1, 5, 6]);
    expect(spanCount(buckets)).toBe(2);
  });

  it('refuses spans that do not fit the counts', () => {
    expect(() => bucketsFromSpans([[0, 2]], [1])).toThrow(RangeError);
    expect(() => bucketsFromSpans([[0, 1]], [1, 2])).toThrow(RangeError);
    expect(() => bucketsFromSpans([[0, 1], [-1, 1]], [1, 2])).toThrow(RangeError); // prettier-ignore
  });

  it('is equal bit for bit, and only without empty buckets that one of them lacks', () => {
    fc.assert(
      fc.property(exponentialHistograms, (one) => {
        expect(equalHistograms(one, structuredClone(one))).toBe(true);
        expect(equalHistograms(one, { ...one, hint: 'gauge' })).toBe(true);
        expect(equalHistograms(one, { ...one, count: one.count + 1 })).toBe(false);
        expect(equalHistograms(compact(one), compact(compact(one)))).toBe(true);
        expect(equalHistograms(one, compact(one))).toBe(one === compact(one));
      }),
      { seed: 7 },
    );
    expect(equalHistograms(example, { ...example, sum: -0 })).toBe(false);
    expect(equalHistograms({ ...example, sum: NaN }, { ...example, sum: NaN })).toBe(true);
  });

  it('counts as many samples as Prometheus says', () => {
    expect(sizeInSamples(EMPTY_HISTOGRAM)).toBe(11);
    // Three spans and four buckets of eight bytes each.
    expect(sizeInSamples(example)).toBe(Math.floor((168 + 8 * 8) / 16));
  });
});

describe('text', () => {
  it('is that of label values', () => {
    expect(histogramText(example)).toBe('{count:10, sum:7.5, [-1,-0.5):3, [-0.001,0.001]:2, (0.5,1]:1, (4,8]:4}');
    expect(histogramText(custom)).toBe('{count:6, sum:40, [-Inf,5]:1, (5,10]:2, (10,+Inf]:3}');
  });

  it('is that of test scripts', () => {
    expect(histogramNotation(example)).toBe(
      '{{count:10 sum:7.5 z_bucket:2 z_bucket_w:0.001 buckets:[1 0 0 4] n_buckets:[3]}}',
    );
    expect(histogramNotation({ ...custom, hint: 'gauge' })).toBe(
      '{{schema:-53 count:6 sum:40 custom_values:[5 10] counter_reset_hint:gauge buckets:[1 2 3]}}',
    );
  });

  it('is that of the HTTP API', () => {
    expect(histogramToJson(example)).toEqual({
      count: '10',
      sum: '7.5',
      buckets: [
        [1, '-1', '-0.5', '3'],
        [3, '-0.001', '0.001', '2'],
        [0, '0.5', '1', '1'],
        [0, '4', '8', '4'],
      ],
    });
    expect(histogramToJson(custom).buckets?.[0]).toEqual([3, '-Inf', '5', '1']);
    expect(histogramToJson(EMPTY_HISTOGRAM)).toEqual({ count: '0', sum: '0' });
  });
});

describe('trim', () => {
  it('keeps whole buckets on the kept side and cuts the one between', () => {
    expect(trim(example, 8, true)).toBe(example);
    const below = trim(example, 1, true);
    expect(below).toMatchObject({ count: 6, positive: run(0, 1), negative: run(0, 3), zeroCount: 2 });
    const cut = trim(example, Math.sqrt(32), true);
    expect(cut.count).toBeCloseTo(8, 12);
    expect(trim(example, 2, false)).toMatchObject({ count: 4, zeroCount: 0, positive: run(3, 4) });
  });

  it('lets custom buckets begin at zero and drops those without an end', () => {
    expect(trim(custom, 2.5, true)).toMatchObject({ count: 0.5, sum: 0.625 });
    expect(trim(custom, 20, true)).toMatchObject({ count: 3 });
    expect(trim(custom, 10, false)).toMatchObject({ count: 3, sum: 30 });
  });

  it('never keeps more than there was, and both parts together give all of it', () => {
    fc.assert(
      fc.property(exponentialHistograms, fc.double({ min: -20, max: 20, noNaN: true }), (one, value) => {
        const below = trim(one, value, true);
        const above = trim(one, value, false);
        expect(below.count + above.count).toBeCloseTo(one.count, 9);
        expect(below.count).toBeLessThanOrEqual(one.count + 1e-9);
      }),
      { seed: 11 },
    );
  });
});

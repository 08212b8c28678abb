// Quantiles and fractions of classic histograms.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketFraction, bucketQuantile, type Bucket } from '#query/promql/functions/bucket-quantile.ts';
import { instant, range, runInstant, storeOf } from '#tests/support/promql-lines.ts';

const store = storeOf([
  'h_bucket{le="0.1",s="a"} 10',
  'h_bucket{le="0.5",s="a"} 30',
  'h_bucket{le="1",s="a"} 40',
  'h_bucket{le="+Inf",s="a"} 40',
  'h_bucket{le="0.1",s="b"} 0',
  'h_bucket{le="+Inf",s="b"} 0',
  'h_bucket{le="x",s="c"} 1',
  'bent_bucket{le="1"} 5',
  'bent_bucket{le="2"} 3',
  'bent_bucket{le="+Inf"} 6',
]);

describe('histogram_quantiles', () => {
  const quantiles = 'histogram_quantiles(h_bucket{s="a"}, "q", 0.5, 1, 1e-7)';

  it('gives each quantile series of its own, its value in the label as OpenMetrics writes it', async () => {
    expect(await instant(store, quantiles, 0)).toEqual([
      '{q="0.5", s="a"} 0.30000000000000004',
      '{q="1.0", s="a"} 1',
      '{q="1e-07", s="a"} 4e-08',
    ]);
  });

  it('gives what histogram_quantile gives', async () => {
    for (const q of [0.25, 0.5, 0.9, 2])
      expect(await instant(store, `sum by (s) (histogram_quantiles(h_bucket, "q", ${q}))`, 0)).toEqual(
        await instant(store, `sum by (s) (histogram_quantile(${q}, h_bucket))`, 0),
      );
  });

  it('follows a quantile that changes from step to step, takes the place of a label, and warns', async () => {
    expect(await range(store, 'histogram_quantiles(h_bucket{s="a"}, "s", time() / 60)', 0, 60, 60)).toEqual([
      '{s="0.0"} 0:0',
      '{s="1.0"} 60:1',
    ]);
    const { annotations } = await runInstant(store, 'histogram_quantiles(h_bucket{s="a"}, "q", 2)', 0);
    expect(annotations.all('warning')).toEqual([
      'PromQL warning: quantile value should be between 0 and 1, got 2 (1:43)',
    ]);
  });
});

describe('histogram_quantile', () => {
  it('interpolates inside the bucket, per set of labels', async () => {
    expect(await instant(store, 'histogram_quantile(0.5, h_bucket{s="a"})', 0)).toEqual([
      '{s="a"} 0.30000000000000004',
    ]);
    expect(await instant(store, 'histogram_quantile(1, h_bucket{s="a"})', 0)).toEqual(['{s="a"} 1']);
    expect(await instant(store, 'histogram_quantile(0.5, h_bucket{s="b"})', 0)).toEqual(['{s="b"} NaN']);
  });

  it('warns about bounds that are no numbers and says when it bent counts', async () => {
    expect((await runInstant(store, 'histogram_quantile(0.5, h_bucket{s="c"})', 0)).annotations.all('warning')).toEqual(
      ['PromQL warning: bucket label "le" is missing or has a malformed value of "x" (1:25)'],
    );
    const [info] = (await runInstant(store, 'histogram_quantile(0.5, bent_bucket)', 0)).annotations.all('info');
    expect(info).toContain('needed to be fixed for monotonicity');
    expect(info).toContain(
      'from buckets 2 to 2, with a max diff of 2, over 1 samples from 1970-01-01T00:00:00Z to 1970-01-01T00:00:00Z (1:25)',
    );
  });

  it('grows with q and stays within the bounds', () => {
    const counts = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 2, maxLength: 10 });
    fc.assert(
      fc.property(
        counts,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (list, p, q) => {
          let total = 1;
          const buckets = list.map((count, at): Bucket => ({
            bound: at === list.length - 1 ? Infinity : 2 ** at,
            count: (total += count),
          }));
          const low = bucketQuantile(Math.min(p, q), buckets).quantile;
          const high = bucketQuantile(Math.max(p, q), buckets).quantile;
          expect(low).toBeLessThanOrEqual(high);
          expect(high).toBeLessThanOrEqual(2 ** (list.length - 2));
        },
      ),
      { seed: 19 },
    );
  });
});

describe('histogram_fraction', () => {
  const buckets: Bucket[] = [
    { bound: 1, count: 10 },
    { bound: 2, count: 20 },
    { bound: Infinity, count: 40 },
  ];

  it('is the share of observations between two bounds', () => {
    expect(bucketFraction(0, 1, buckets)).toBe(0.25);
    expect(bucketFraction(0, 1.5, buckets)).toBe(0.375);
    expect(bucketFraction(-Infinity, Infinity, buckets)).toBe(1);
    expect(bucketFraction(2, 1, buckets)).toBe(0);
    expect(bucketFraction(NaN, 1, buckets)).toBeNaN();
  });
});

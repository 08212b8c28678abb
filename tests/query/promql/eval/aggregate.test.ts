// Aggregations: grouping, exact sums, overflow-proof averages, quantiles and the k largest.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KahanMean, KahanSum } from '#query/promql/kahan.ts';
import { quantileOf } from '#query/promql/eval/quantile.ts';
import { instant, range, runInstant, storeOf } from '#tests/support/promql-lines.ts';

const store = storeOf(['m{a="1",b="x"} 1 5', 'm{a="2",b="x"} 2 4', 'm{a="3",b="y"} NaN 3', 'm{a="4",b="y"} 7 stale']);

describe('aggregations', () => {
  it('group by labels or without them', async () => {
    expect(await instant(store, 'count by (b) (m)', 0)).toEqual(['{b="x"} 2', '{b="y"} 2']);
    expect(await instant(store, 'sum without (a) (m{b="x"})', 0)).toEqual(['{b="x"} 3']);
    expect(await instant(store, 'avg(m{b="x"})', 0)).toEqual(['{} 1.5']);
    expect(await instant(store, 'group(m)', 0)).toEqual(['{} 1']);
  });

  it('let NaN lose in min and max, and rank last in topk and bottomk', async () => {
    expect(await instant(store, 'max(m)', 0)).toEqual(['{} 7']);
    expect(await instant(store, 'min by (b) (m)', 0)).toEqual(['{b="x"} 1', '{b="y"} 7']);
    expect((await instant(store, 'topk(2, m)', 0)).map((line) => line.at(-1))).toEqual(['7', '2']);
    expect((await instant(store, 'bottomk(4, m)', 0)).map((line) => line.split(' ').at(-1))).toEqual([
      '1',
      '2',
      '7',
      'NaN',
    ]);
  });

  it('choose anew at every step of a range query', async () => {
    expect(await range(store, 'topk(1, m)', 0, 60, 60)).toEqual([
      '{__name__="m", a="1", b="x"} 60:5',
      '{__name__="m", a="4", b="y"} 0:7',
    ]);
  });

  it('count equal values under a label', async () => {
    expect(await instant(store, 'count_values("v", m > bool 1)', 0)).toEqual(['{v="0"} 2', '{v="1"} 2']);
  });

  it('warn about quantiles outside 0 to 1', async () => {
    const result = await runInstant(store, 'quantile(2, m)', 0);
    expect(result.annotations.all('warning')).toEqual([
      'PromQL warning: quantile value should be between 0 and 1, got 2 (1:10)',
    ]);
  });

  it('refuse a NaN parameter', async () => {
    await expect(instant(store, 'topk(NaN, m)', 0)).rejects.toThrow('Parameter value is NaN');
  });
});

describe('compensated sums', () => {
  it('do not lose small terms beside large ones', () => {
    const sum = new KahanSum();
    for (const value of [1, 1e100, 1, -1e100]) sum.add(value);
    expect(sum.value).toBe(2);
  });

  it('average numbers whose sum would overflow', () => {
    const mean = new KahanMean();
    for (let at = 0; at < 10; at++) mean.add(Number.MAX_VALUE);
    expect(mean.value).toBeCloseTo(Number.MAX_VALUE, -300);
    expect(Number.isFinite(mean.value)).toBe(true);
  });

  it('hardly depend on the order of the terms', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 50 }),
        (values) => {
          const forward = new KahanSum();
          const backward = new KahanSum();
          for (const value of values) forward.add(value);
          for (const value of values.toReversed()) backward.add(value);
          expect(Math.abs(forward.value - backward.value)).toBeLessThanOrEqual(1e-6);
        },
      ),
      { seed: 3 },
    );
  });
});

describe('quantileOf', () => {
  it('lies between the smallest and the largest value and grows with q', () => {
    const values = fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(
        values,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (list, p, q) => {
          const [low, high] = [
            quantileOf(Math.min(p, q), Float64Array.from(list)),
            quantileOf(Math.max(p, q), Float64Array.from(list)),
          ];
          expect(low).toBeGreaterThanOrEqual(Math.min(...list) - 1e-6);
          expect(high).toBeLessThanOrEqual(Math.max(...list) + 1e-6);
          expect(low).toBeLessThanOrEqual(high + 1e-6);
        },
      ),
      { seed: 5 },
    );
  });

  it('puts NaN first and answers outside 0 to 1 with infinities', () => {
    expect(quantileOf(0, Float64Array.of(1, NaN))).toBeNaN();
    expect(quantileOf(1, Float64Array.of(1, NaN))).toBe(1);
    expect(quantileOf(-1, Float64Array.of(1))).toBe(-Infinity);
    expect(quantileOf(1.1, Float64Array.of(1))).toBe(Infinity);
  });
});

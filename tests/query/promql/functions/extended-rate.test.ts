// anchored and smoothed selectors: from edge to edge of the window, without extrapolation.
import { describe, expect, it } from 'vitest';
import { instant, storeOf } from '#tests/support/promql-lines.ts';

const store = storeOf([
  'c_total 0 10 20 30 5 15 25',
  'gap_total 0 _ _ 30 _ _ 60',
  'g 1 _ 3',
  'h {{count:2 sum:2 buckets:[2]}}+{{count:2 sum:2 buckets:[2]}}x6',
]);

describe('anchored', () => {
  it('begins with the last sample before the window and ends with the last one in it', async () => {
    expect(await instant(store, 'increase(c_total[90s] anchored)', 210)).toEqual(['{} 10']);
    expect(await instant(store, 'increase(gap_total[2m] anchored)', 200)).toEqual(['{} 30']);
  });

  it('adds what a counter had before a reset', async () => {
    expect(await instant(store, 'increase(c_total[2m] anchored)', 300)).toEqual(['{} 15']);
    expect(await instant(store, 'resets(c_total[2m] anchored)', 300)).toEqual(['{} 1']);
    expect(await instant(store, 'changes(c_total[2m] anchored)', 300)).toEqual(['{} 2']);
  });

  it('shows values at both edges of a raw range', async () => {
    expect(await instant(store, 'c_total[90s] anchored', 120)).toEqual(['{__name__="c_total"} 0 10 20']);
  });

  it('goes with functions of change only', async () => {
    await expect(instant(store, 'sum_over_time(c_total[2m] anchored)', 300)).rejects.toThrow(
      'anchored modifier can only be used with: changes, delta, increase, rate, resets - not with sum_over_time',
    );
  });
});

describe('smoothed', () => {
  it('interpolates at both edges, also beyond the window', async () => {
    expect(await instant(store, 'increase(gap_total[2m] smoothed)', 210)).toEqual(['{} 20']);
    expect(await instant(store, 'rate(gap_total[2m] smoothed)', 210)).toEqual([`{} ${20 / 120}`]);
  });

  it('gives instant selectors the value between two samples, and the last one after that', async () => {
    expect(await instant(store, 'g smoothed', 30)).toEqual(['{__name__="g"} 1.5']);
    expect(await instant(store, 'g smoothed', 150)).toEqual(['{__name__="g"} 3']);
  });

  it('interpolates histograms bucket by bucket', async () => {
    expect(await instant(store, 'histogram_count(increase(h[2m] smoothed))', 210)).toEqual(['{} 4']);
    expect(await instant(store, 'histogram_sum(h smoothed)', 90)).toEqual(['{} 5']);
  });
});

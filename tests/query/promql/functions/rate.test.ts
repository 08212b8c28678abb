// rate and its relatives: extrapolation to the window's edges, counter resets, and the hint about things that are no counters.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instant, runInstant, storeOf } from '#tests/support/promql-lines.ts';

const store = storeOf(['c_total 0+60x10', 'reset_total 0 60 120 30 90 150', 'g 5 1 5 1 5 1', 'one_total 7']);

describe('rate, increase, delta', () => {
  it('extrapolate to both edges of the window', async () => {
    expect(await instant(store, 'rate(c_total[5m])', 600)).toEqual(['{} 1']);
    expect(await instant(store, 'increase(c_total[5m])', 600)).toEqual(['{} 300']);
    expect(await instant(store, 'delta(g[5m])', 300)).toEqual(['{} 0']);
  });

  it('do not extrapolate a counter below zero', async () => {
    expect(await instant(store, 'increase(c_total[5m])', 120)).toEqual(['{} 120']);
  });

  it('add what a counter had before each reset', async () => {
    const [line] = await instant(store, 'increase(reset_total[5m])', 300);
    expect(Number(line?.split(' ')[1])).toBeCloseTo((150 - 60 + 120) * (5 / 4), 9);
    expect(await instant(store, 'resets(reset_total[10m])', 300)).toEqual(['{} 1']);
    expect(await instant(store, 'changes(g[10m])', 300)).toEqual(['{} 5']);
  });

  it('need two samples', async () => {
    expect(await instant(store, 'rate(one_total[5m])', 60)).toEqual([]);
  });

  it('tell who takes the rate of a gauge', async () => {
    const result = await runInstant(store, 'rate(g[5m])', 300);
    expect(result.annotations.all('info')).toEqual([
      'PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "g" (1:6)',
    ]);
    expect((await runInstant(store, 'rate(c_total[5m])', 300)).annotations.all('info')).toEqual([]);
  });

  it('give a growing counter a rate between its slowest and its fastest growth', () => {
    return fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 6, maxLength: 20 }), async (growth) => {
        let value = 1_000_000;
        const values = growth.map((each) => (value += each));
        const random = storeOf([`r_total ${values.join(' ')}`]);
        const [line] = await instant(random, 'rate(r_total[5m])', (values.length - 1) * 60);
        const rate = Number(line?.split(' ')[1]) * 60;
        const seen = growth.slice(-4);
        expect(rate).toBeGreaterThanOrEqual(Math.min(...seen) - 1e-6);
        expect(rate).toBeLessThanOrEqual(Math.max(...seen) + 1e-6);
      }),
      { seed: 17, numRuns: 100 },
    );
  });
});

describe('irate and idelta', () => {
  it('look at the last two samples', async () => {
    expect(await instant(store, 'irate(reset_total[5m])', 180)).toEqual(['{} 0.5']);
    expect(await instant(store, 'idelta(g[5m])', 300)).toEqual(['{} -4']);
  });
});

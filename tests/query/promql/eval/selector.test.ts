// Which samples selectors see: lookback, staleness, offset, @, and windows that are open on the left.
import { describe, expect, it } from 'vitest';
import { instant, range, storeOf } from '#tests/support/promql-lines.ts';

const store = storeOf(['m 0+1x10 stale 12 13', 'gap 1 _ _ _ _ _ _ 8']);

describe('instant selectors', () => {
  it('take the newest sample at or before the time', async () => {
    expect(await instant(store, 'm', 119)).toEqual(['{__name__="m"} 1']);
    expect(await instant(store, 'm', 120)).toEqual(['{__name__="m"} 2']);
  });

  it('look back less than five minutes: the window is open on the left', async () => {
    expect(await instant(store, 'gap', 299.999)).toEqual(['{__name__="gap"} 1']);
    expect(await instant(store, 'gap', 300)).toEqual([]);
    expect(await instant(store, 'gap', 300, { lookbackMs: 400_000 })).toEqual(['{__name__="gap"} 1']);
  });

  it('see nothing after a staleness marker, and again what comes later', async () => {
    expect(await instant(store, 'm', 660)).toEqual([]);
    expect(await instant(store, 'm', 720)).toEqual(['{__name__="m"} 12']);
  });

  it('move with offset and stand still with @', async () => {
    expect(await instant(store, 'm offset 2m', 300)).toEqual(['{__name__="m"} 3']);
    expect(await instant(store, 'm offset -1m', 300)).toEqual(['{__name__="m"} 6']);
    expect(await range(store, 'm @ 60', 0, 120, 60)).toEqual(['{__name__="m"} 0:1 60:1 120:1']);
    expect(await range(store, 'm @ end() offset 1m', 0, 120, 60)).toEqual(['{__name__="m"} 0:1 60:1 120:1']);
  });
});

describe('range selectors', () => {
  it('are open on the left and closed on the right', async () => {
    expect(await instant(store, 'm[2m]', 300)).toEqual(['{__name__="m"} 4 5']);
    expect(await instant(store, 'count_over_time(m[2m])', 300)).toEqual(['{} 2']);
  });

  it('skip staleness markers', async () => {
    expect(await instant(store, 'm[3m]', 720)).toEqual(['{__name__="m"} 10 12']);
  });
});

describe('sub-queries', () => {
  it('evaluate on absolute multiples of their step', async () => {
    expect(await instant(store, 'm[2m:1m]', 330)).toEqual(['{__name__="m"} 4 5']);
    expect(await instant(store, 'sum_over_time(m[4m:2m])', 250)).toEqual(['{} 6']);
    expect(await instant(store, 'max_over_time(rate(m[2m])[4m:1m])', 360)).toEqual([`{} ${1 / 60}`]);
  });

  it('stand still with @', async () => {
    expect(await range(store, 'sum_over_time(m[2m:1m] @ 180)', 0, 60, 60)).toEqual(['{} 0:5 60:5']);
  });
});

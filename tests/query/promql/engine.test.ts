// The engine's bounds: samples, time, cancellation, and what it does not support.
import { describe, expect, it } from 'vitest';
import { DEFAULT_ENGINE_OPTIONS, prepare, queryInstant } from '#query/promql/engine.ts';
import { DEFAULT_LIMITS } from '#query/promql/limits.ts';
import { instant, range, storeOf } from '#tests/support/promql-lines.ts';

const store = storeOf(Array.from({ length: 20 }, (_, at) => `m{i="${at}"} 0+1x100`));

describe('the engine', () => {
  it('stops a query that holds too many samples', async () => {
    await expect(
      range(store, 'm', 0, 6000, 60, { limits: { ...DEFAULT_LIMITS, maxSamples: 1000 } }),
    ).rejects.toMatchObject({
      type: 'execution',
      message: 'query processing would load too many samples into memory in query execution',
    });
  });

  it('stops a query that takes too long', async () => {
    let nowMs = 0;
    await expect(
      instant(store, 'sum(m)', 0, { nowMs: () => (nowMs += 1000), limits: { ...DEFAULT_LIMITS, timeoutMs: 1500 } }),
    ).rejects.toMatchObject({ type: 'timeout', message: 'query timed out in expression evaluation' });
  });

  it('stops a query whose client has gone', async () => {
    const controller = new AbortController();
    controller.abort();
    await expect(
      queryInstant(store, prepare('m', DEFAULT_ENGINE_OPTIONS.features), 0, DEFAULT_ENGINE_OPTIONS, controller.signal),
    ).rejects.toMatchObject({ type: 'canceled' });
  });

  it('does not build more points of a sub-query than it may hold', async () => {
    await expect(
      instant(store, 'sum_over_time(m[10000d:1s])', 6000, { limits: { ...DEFAULT_LIMITS, maxSamples: 100_000 } }),
    ).rejects.toMatchObject({ type: 'execution' });
  });
});

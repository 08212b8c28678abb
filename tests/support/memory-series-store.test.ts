// The store in memory: samples join, ranges are closed, matchers apply.
import { describe, expect, it } from 'vitest';
import { LabelSet } from '#query/promql/labels.ts';
import { makeMatcher } from '#query/promql/matcher.ts';
import { MemoryStore } from './memory-series-store.ts';

const LIMITS = { maxSeries: 2, maxSamples: 100, timeoutMs: 1000 };

function filled(): MemoryStore {
  const store = new MemoryStore();
  for (const i of ['1', '2'])
    store.add({
      labels: LabelSet.from(Object.entries({ __name__: 'm', i })),
      timesMs: Float64Array.of(0, 10, 20),
      values: Float64Array.of(1, 2, 3),
    });
  return store;
}

describe('MemoryStore', () => {
  it('joins later samples to a series, replacing those of the same time', async () => {
    const store = filled();
    store.add({
      labels: LabelSet.from(Object.entries({ __name__: 'm', i: '1' })),
      timesMs: Float64Array.of(20, 30),
      values: Float64Array.of(9, 10),
    });
    const [one] = await store.select([makeMatcher('i', '=', '1')], { startMs: 10, endMs: 30 }, LIMITS);
    expect([[...one!.timesMs], [...one!.values]]).toEqual([
      [10, 20, 30],
      [2, 9, 10],
    ]);
  });

  it('gives only series with samples in the closed range', async () => {
    expect(await filled().select([makeMatcher('__name__', '=', 'm')], { startMs: 20, endMs: 20 }, LIMITS)).toHaveLength(
      2,
    );
    expect(await filled().select([makeMatcher('__name__', '=', 'm')], { startMs: 21, endMs: 50 }, LIMITS)).toEqual([]);
  });

  it('refuses more series than allowed', async () => {
    await expect(
      filled().select([makeMatcher('__name__', '=', 'm')], { startMs: 0, endMs: 20 }, { ...LIMITS, maxSeries: 1 }),
    ).rejects.toThrow('more than 1 series');
  });
});

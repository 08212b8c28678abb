// Sample rows as ClickHouse sends them.
import { describe, expect, it } from 'vitest';
import { decodeSamples } from '#query/store/series/decode-samples.ts';
import { isStaleWord, wordsOf } from '#query/promql/stale.ts';

describe('decodeSamples', () => {
  it('sorts, keeps the last of equal times, reads denormals', () => {
    const { timesMs, values } = decodeSamples({
      timesMs: [30, 10, 20, 10],
      values: ['inf', 1, '-inf', 2],
      staleTimesMs: [],
    });
    expect([...timesMs]).toEqual([10, 20, 30]);
    expect([...values]).toEqual([2, -Infinity, Infinity]);
  });

  it('restores staleness markers by their times, and leaves other NaNs alone', () => {
    const { values } = decodeSamples({ timesMs: [10, 20, 30], values: ['nan', 'nan', 1], staleTimesMs: [20] });
    expect([0, 1, 2].map((at) => isStaleWord(wordsOf(values), at))).toEqual([false, true, false]);
  });
});

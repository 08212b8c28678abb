// Series are gone through whole, and series with one array of times together: the answers are those of window by window, series by series, bit for bit.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { prepare, queryRange, DEFAULT_ENGINE_OPTIONS, type EngineOptions } from '#query/promql/engine.ts';
import { LabelSet } from '#query/promql/labels.ts';
import { markStale } from '#query/promql/stale.ts';
import { MemoryStore } from '#tests/support/memory-series-store.ts';

const QUERIES = [
  'rate(m_total[5m])',
  'increase(m_total[90s])',
  'delta(m_total[4m] offset 1m)',
  'rate(m_total[5m] @ 600)',
  'sum by (group) (rate(m_total[3m]))',
  'm_total',
  'm_total offset 2m',
  'timestamp(m_total)',
  'count_over_time(m_total[3m])',
];

const values = fc.oneof(
  { weight: 20, arbitrary: fc.integer({ min: -5, max: 1000 }) },
  fc.double(),
  fc.constantFrom<number | 'stale'>(NaN, Infinity, -Infinity, -0, 'stale'),
);

/** Times that several series share, with gaps, and the values of each of those. */
const scraped = fc
  .integer({ min: 1, max: 60 })
  .chain((samples) =>
    fc.record({
      intervalsMs: fc.array(fc.constantFrom(1, 7_000, 15_000, 15_000, 15_000, 60_000, 400_000), {
        minLength: samples,
        maxLength: samples,
      }),
      series: fc.array(fc.array(values, { minLength: samples, maxLength: samples }), { minLength: 1, maxLength: 4 }),
    }),
  );

type Scraped = typeof scraped extends fc.Arbitrary<infer T> ? T : never;

/** @param apart each series has an array of times of its own, and start times that say nothing: both are looked at window by window then */
function storeOf(targets: readonly Scraped[], apart: boolean): MemoryStore {
  const store = new MemoryStore();
  for (const [target, { intervalsMs, series }] of targets.entries()) {
    let timeMs = 0;
    const timesMs = Float64Array.from(intervalsMs, (intervalMs) => (timeMs += intervalMs));
    for (const [at, each] of series.entries()) {
      const stored = Float64Array.from(each, (value) => (value === 'stale' ? NaN : value));
      for (const [place, value] of each.entries()) if (value === 'stale') markStale(stored, place);
      store.add({
        labels: LabelSet.from([
          ['__name__', 'm_total'],
          ['series', `${target}-${at}`],
          ['group', String(at % 2)],
        ]),
        timesMs: apart ? timesMs.slice() : timesMs,
        values: stored,
        ...(apart ? { startTimesMs: new Float64Array(each.length) } : {}),
      });
    }
  }
  return store;
}

async function answer(store: MemoryStore, query: string, stepMs: number, options: Partial<EngineOptions>) {
  const all = { ...DEFAULT_ENGINE_OPTIONS, ...options };
  const range = { startMs: 0, endMs: 1_200_000, stepMs };
  const signal = new AbortController().signal;
  const result = await queryRange(store, prepare(query, all.features), range, all, signal);
  const { annotations, data, ...counts } = result;
  if (data.type !== 'matrix') throw new Error('not a matrix');
  const series = data.series.map(({ labels, timesMs, values: found }) => [
    labels.key,
    [...timesMs],
    [...new BigUint64Array(Float64Array.from(found).buffer)],
  ]);
  return { series, counts, infos: annotations.all('info') };
}

describe('rates of whole series', () => {
  it('are those of each window, for series with times of their own or one array of them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(scraped, { minLength: 1, maxLength: 3 }),
        fc.constantFrom(...QUERIES),
        fc.constantFrom(15_000, 37_000, 300_000),
        async (targets, query, stepMs) => {
          const together = await answer(storeOf(targets, false), query, stepMs, {});
          const apart = await answer(storeOf(targets, true), query, stepMs, { useStartTimestamps: true });
          expect(together).toEqual(apart);
        },
      ),
      { seed: 24, numRuns: 500 },
    );
  });
});

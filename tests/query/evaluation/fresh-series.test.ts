// Samples laid over those of the store give what one store with all of them gives.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { withFresh, type FreshSeries } from '#query/evaluation/fresh-series.ts';
import { parseRawSamples, rawSamplesText } from '#query/evaluation/raw-samples.ts';
import type { FloatHistogram } from '#query/promql/histogram/float-histogram.ts';
import { LabelSet } from '#query/promql/labels.ts';
import { DEFAULT_LIMITS } from '#query/promql/limits.ts';
import { makeMatcher } from '#query/promql/matcher.ts';
import { markStale, wordsOf } from '#query/promql/stale.ts';
import type { Series } from '#query/promql/storage.ts';
import { MemoryStore } from '#tests/support/memory-series-store.ts';

const HISTOGRAM: FloatHistogram = {
  hint: 'gauge',
  schema: 1,
  zeroThreshold: 1e-128,
  zeroCount: 1,
  count: 4.5,
  sum: NaN,
  positive: { indexes: [-3, 0, 1], counts: [1, 2, 0.5] },
  negative: { indexes: [], counts: [] },
  customValues: [],
};

interface Point {
  readonly host: string;
  readonly timeMs: number;
  readonly value: number | 'stale' | FloatHistogram;
  readonly isFresh: boolean;
  readonly isStored: boolean;
}

const points = fc.array(
  fc.record({
    host: fc.constantFrom('a', 'b', 'c'),
    timeMs: fc.integer({ min: 0, max: 60 }),
    value: fc.oneof(fc.double(), fc.constant('stale' as const), fc.constant(HISTOGRAM)),
    isFresh: fc.boolean(),
    isStored: fc.boolean(),
  }),
  { maxLength: 60 },
);

function labelsOf(host: string): Record<string, string> {
  return { __name__: 'm', host };
}

function seriesOf(host: string, all: readonly Point[]): Series {
  const values = new Float64Array(all.length);
  for (const [at, { value }] of all.entries()) {
    if (value === 'stale') markStale(values, at);
    else if (typeof value === 'number') values[at] = value;
  }
  return {
    labels: LabelSet.from(Object.entries(labelsOf(host))),
    timesMs: Float64Array.from(all, ({ timeMs }) => timeMs),
    values,
    histograms: all.map(({ value }) => (typeof value === 'object' ? value : undefined)),
  };
}

function storeOf(all: readonly Point[]): MemoryStore {
  const store = new MemoryStore();
  for (const host of ['a', 'b', 'c']) {
    const some = all.filter((point) => point.host === host);
    if (some.length > 0) store.add(seriesOf(host, some));
  }
  return store;
}

/** Comparable, with the bits of values. */
function shown(all: readonly Series[]): unknown {
  return all.map(({ labels, timesMs, values, histograms }) => [
    labels.key,
    [...timesMs],
    [...wordsOf(values)].map((word, at) => (histograms?.[at >> 1] === undefined ? word : 0)),
    [...timesMs.keys()].map((at) => histograms?.[at] ?? null),
  ]);
}

test('select gives the same as over one store, bit for bit', async () => {
  await fc.assert(
    fc.asyncProperty(points, fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 60 }), async (random, a, b) => {
      const unique = [...new Map(random.map((one) => [`${one.host} ${one.timeMs}`, one])).values()]
        .filter(({ isFresh, isStored }) => isFresh || isStored)
        .sort((x, y) => x.timeMs - y.timeMs);
      const fresh = ['a', 'b', 'c'].flatMap((host): FreshSeries[] => {
        const some = unique.filter((one) => one.host === host && one.isFresh);
        if (some.length === 0) return [];
        return [
          {
            labels: Object.entries(labelsOf(host)),
            timesMs: some.map(({ timeMs }) => timeMs),
            values: some.map(({ value }) => value),
          },
        ];
      });
      const matchers = [makeMatcher('__name__', '=', 'm'), makeMatcher('host', '!=', 'c')];
      const range = { startMs: Math.min(a, b), endMs: Math.max(a, b) };
      const { signal } = new AbortController();
      const over = withFresh(storeOf(unique.filter(({ isStored }) => isStored)), structuredClone(fresh));
      const got = await over.select(matchers, range, DEFAULT_LIMITS, signal);
      expect(shown(got)).toEqual(shown(await storeOf(unique).select(matchers, range, DEFAULT_LIMITS)));
    }),
    { seed: 7, numRuns: 300 },
  );
});

test('samples of an answer are read as they were written', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.double(), fc.constant(HISTOGRAM)), { maxLength: 20 }), (values) => {
      const series = values.map((value, at) => ({
        labels: LabelSet.from([
          ['n', String(at)],
          ['text', '"\\\n\u2028ü'],
        ]),
        timesMs: Float64Array.of(5),
        values: Float64Array.of(typeof value === 'number' ? value : 0),
        histograms: [typeof value === 'number' ? undefined : value],
      }));
      const read = parseRawSamples(rawSamplesText({ type: 'vector', series }));
      expect(read).toEqual(series.map(({ labels }, at) => ({ labels, value: values[at] })));
      for (const [at, { value }] of read.entries())
        expect(Object.is(value, values[at]) || value === values[at] || typeof value === 'object').toBe(true);
    }),
    { seed: 7 },
  );
  expect(parseRawSamples(rawSamplesText({ type: 'scalar', timeMs: 1, value: -0 }))).toEqual([
    { labels: LabelSet.empty, value: -0 },
  ]);
  expect(() => rawSamplesText({ type: 'string', timeMs: 1, value: 'x' })).toThrow(
    'rule result is not a vector or scalar',
  );
});

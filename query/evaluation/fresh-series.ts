// Samples that were written a moment ago and that the store may not show yet, laid over what it shows.
import { compareLabels, LabelSet } from '#query/promql/labels.ts';
import type { Matcher } from '#query/promql/matcher.ts';
import { markStale } from '#query/promql/stale.ts';
import type { HistogramColumn, Samples, Series, SeriesStore, TimeRange } from '#query/promql/storage.ts';
import type { FloatHistogram } from '#query/promql/histogram/float-histogram.ts';

/** As plain data, so that it can be handed to a thread. */
export interface FreshSeries {
  readonly labels: readonly (readonly [string, string])[];
  /** Ascending, Unix ms. */
  readonly timesMs: readonly number[];
  readonly values: readonly (number | FloatHistogram | 'stale')[];
}

/** The store with fresh samples in its answers to `select`; where it has a point of the same time already, that one counts. */
export function withFresh(store: SeriesStore, fresh: readonly FreshSeries[]): SeriesStore {
  if (fresh.length === 0) return store;
  const all = fresh.map(seriesOf);
  return {
    series: store.series.bind(store),
    labelNames: store.labelNames.bind(store),
    labelValues: store.labelValues.bind(store),
    exemplars: store.exemplars.bind(store),
    metadata: store.metadata.bind(store),
    select: async (matchers, range, limits, signal) => {
      const stored = await store.select(matchers, range, limits, signal);
      const added = all.flatMap((one) => inRange(one, matchers, range) ?? []);
      return added.length === 0 ? stored : laidOver(stored, added);
    },
  };
}

function seriesOf({ labels, timesMs, values }: FreshSeries): Series {
  const numbers = new Float64Array(values.length);
  const histograms: (FloatHistogram | undefined)[] = [];
  for (const [at, value] of values.entries()) {
    histograms.push(typeof value === 'object' ? value : undefined);
    if (value === 'stale') markStale(numbers, at);
    else if (typeof value === 'number') numbers[at] = value;
  }
  const hasHistograms = histograms.some((one) => one !== undefined);
  return {
    labels: LabelSet.from(labels),
    timesMs: Float64Array.from(timesMs),
    values: numbers,
    ...(hasHistograms ? { histograms } : {}),
  };
}

function inRange(one: Series, matchers: readonly Matcher[], { startMs, endMs }: TimeRange): Series | undefined {
  if (!matchers.every(({ name, matches }) => matches(one.labels.get(name)))) return undefined;
  const places = [...one.timesMs.keys()].filter((at) => one.timesMs[at]! >= startMs && one.timesMs[at]! <= endMs);
  if (places.length === 0) return undefined;
  const [from, to] = [places[0]!, places.at(-1)! + 1];
  return {
    labels: one.labels,
    timesMs: one.timesMs.slice(from, to),
    values: one.values.slice(from, to),
    histograms: one.histograms?.slice(from, to),
  };
}

function laidOver(stored: readonly Series[], added: readonly Series[]): readonly Series[] {
  const byKey = new Map(stored.map((one) => [one.labels.key, one]));
  for (const one of added) {
    const known = byKey.get(one.labels.key);
    byKey.set(one.labels.key, known === undefined ? one : { labels: known.labels, ...merged(known, one) });
  }
  return [...byKey.values()].sort((a, b) => compareLabels(a.labels, b.labels));
}

/** Both in one order of time. The bits of values are kept: they are copied from array to array. */
function merged(stored: Samples, added: Samples): Samples {
  const known = new Set(stored.timesMs);
  const places = [...added.timesMs.keys()].filter((at) => !known.has(added.timesMs[at]!));
  if (places.length === 0) return stored;
  const order: (readonly [samples: Samples, at: number])[] = [
    ...[...stored.timesMs.keys()].map((at) => [stored, at] as const),
    ...places.map((at) => [added, at] as const),
  ];
  order.sort(([a, i], [b, j]) => a.timesMs[i]! - b.timesMs[j]!);
  const timesMs = new Float64Array(order.length);
  const values = new Float64Array(order.length);
  const hasHistograms = stored.histograms !== undefined || added.histograms !== undefined;
  const histograms: HistogramColumn = order.map(([samples, at]) => samples.histograms?.[at]);
  const startTimesMs = Float64Array.from(order, ([samples, at]) => samples.startTimesMs?.[at] ?? 0);
  for (const [to, [samples, at]] of order.entries()) {
    timesMs[to] = samples.timesMs[at]!;
    values.set(samples.values.subarray(at, at + 1), to);
  }
  return {
    timesMs,
    values,
    ...(hasHistograms ? { histograms } : {}),
    ...(stored.startTimesMs === undefined ? {} : { startTimesMs }),
  };
}

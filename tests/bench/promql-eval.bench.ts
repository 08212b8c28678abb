// How long the engine takes over series in memory: dashboard queries over floats, the same over native histograms. CPU time, prints JSON.
import { EMPTY_HISTOGRAM, type FloatHistogram } from '#query/promql/histogram/float-histogram.ts';
import { asStored } from '#query/promql/histogram/stored-hints.ts';
import type { Series } from '#query/promql/storage.ts';
import { MemoryStore } from '../support/memory-series-store.ts';
import { ask, counter, FLOAT_QUERIES, floatSeries, labels, median, SCRAPES, SERVICES, timesMs } from './promql-data.ts';

const WARM_UPS = 2;
const RUNS = 5;
/** Buckets of a native histogram: about what a latency has in schema 3. */
const BUCKETS = 20;
const NATIVE_SERIES = 500;

const PAIRING = { pairing: 'traces_span_metrics_calls_total / traces_span_metrics_calls_total' };
const NATIVE_QUERIES = {
  native_sum_rate: 'sum(rate(traces_span_metrics_duration_seconds[5m]))',
  native_quantile: 'histogram_quantile(0.99, sum by (service_name) (rate(traces_span_metrics_duration_seconds[5m])))',
};

function nativeSeries(at: number): Series {
  const name = 'traces_span_metrics_duration_seconds';
  const counts = Array.from({ length: BUCKETS }, () => counter(2));
  const indexes = Array.from({ length: BUCKETS }, (_, bucket) => bucket - 10);
  const histograms = Array.from(timesMs, (_, place): FloatHistogram => {
    const buckets = counts.map((each) => each[place]!);
    const count = buckets.reduce((sum, one) => sum + one, 0);
    return { ...EMPTY_HISTOGRAM, schema: 3, count, sum: count / 7, positive: { indexes, counts: buckets } };
  });
  const values = new Float64Array(SCRAPES);
  return { labels: labels(name, at % SERVICES, at, {}), timesMs, values, histograms: asStored(histograms) };
}

const figures: Record<string, number> = {};

async function measure(all: Iterable<Series>, queries: Readonly<Record<string, string>>): Promise<void> {
  const store = new MemoryStore();
  for (const one of all) store.add(one);
  for (const [name, query] of Object.entries(queries)) {
    const times: number[] = [];
    for (let run = 0; run < WARM_UPS + RUNS; run++) {
      globalThis.gc?.();
      const before = process.cpuUsage();
      await ask(store, query);
      const { user, system } = process.cpuUsage(before);
      if (run >= WARM_UPS) times.push((user + system) / 1000);
    }
    figures[`${name}_ms`] = Math.round(median(times) * 10) / 10;
  }
}

// Native histograms are half a million objects: they come after the floats, whose garbage collections would go through them as well.
await measure(floatSeries(), { ...FLOAT_QUERIES, ...PAIRING });
await measure(
  Array.from({ length: NATIVE_SERIES }, (_, at) => nativeSeries(at)),
  NATIVE_QUERIES,
);
console.log(JSON.stringify(figures, null, 2));

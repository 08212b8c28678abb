// How long the engine takes over series in memory: dashboard queries over floats, the same over native histograms. CPU time, prints JSON.
import { DEFAULT_ENGINE_OPTIONS, prepare, queryRange } from '#query/promql/engine.ts';
import { EMPTY_HISTOGRAM, type FloatHistogram } from '#query/promql/histogram/float-histogram.ts';
import { LabelSet } from '#query/promql/labels.ts';
import type { Series } from '#query/promql/storage.ts';
import { MemoryStore } from '../support/memory-series-store.ts';
import { asStored } from '#query/promql/histogram/stored-hints.ts';

const START_MS = Date.UTC(2026, 0, 1);
const SCRAPE_MS = 15_000;
const SCRAPES = 961;
const END_MS = START_MS + (SCRAPES - 1) * SCRAPE_MS;
const STEP_MS = 60_000;
const WARM_UPS = 2;
const RUNS = 5;
const SERVICES = 25;
const BOUNDS = ['5', '10', '25', '50', '100', '250', '500', '1000', '5000', '+Inf'];
/** Buckets of a native histogram: about what a latency has in schema 3. */
const BUCKETS = 20;
const NATIVE_SERIES = 500;

let seed = 1;

function random(): number {
  seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
  return seed / 2 ** 31;
}

const timesMs = Float64Array.from({ length: SCRAPES }, (_, at) => START_MS + at * SCRAPE_MS);

/** A counter that is reset now and then. */
function counter(mean: number): Float64Array {
  let total = 0;
  return Float64Array.from({ length: SCRAPES }, () => {
    if (random() < 1 / 2000) total = 0;
    total += Math.floor(-Math.log(1 - random()) * mean);
    return total;
  });
}

function labels(name: string, service: number, operation: number, more: Readonly<Record<string, string>>): LabelSet {
  return LabelSet.from(
    Object.entries({
      __name__: name,
      service_name: `service-${service}`,
      span_name: `GET /op/${operation}`,
      span_kind: 'SPAN_KIND_SERVER',
      ...more,
    }),
  );
}

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

function loadFloats(store: MemoryStore): void {
  for (let service = 0; service < SERVICES; service++) {
    for (let operation = 0; operation < 60; operation++)
      for (const status_code of ['STATUS_CODE_UNSET', 'STATUS_CODE_ERROR'])
        store.add({
          labels: labels('traces_span_metrics_calls_total', service, operation, { status_code }),
          timesMs,
          values: counter(20),
        });
    for (let operation = 0; operation < 40; operation++)
      for (const [at, le] of BOUNDS.entries())
        store.add({
          labels: labels('traces_span_metrics_duration_milliseconds_bucket', service, operation, { le }),
          timesMs,
          values: counter(4 + 4 * at),
        });
  }
}

function loadNative(store: MemoryStore): void {
  for (let at = 0; at < NATIVE_SERIES; at++) store.add(nativeSeries(at));
}

const QUERIES = {
  sum_by_rate: 'sum by (service_name) (rate(traces_span_metrics_calls_total[5m]))',
  histogram_quantile:
    'histogram_quantile(0.99, sum by (le, service_name) (rate(traces_span_metrics_duration_milliseconds_bucket[5m])))',
  selector: 'traces_span_metrics_calls_total',
  pairing: 'traces_span_metrics_calls_total / traces_span_metrics_calls_total',
};

const NATIVE_QUERIES = {
  native_sum_rate: 'sum(rate(traces_span_metrics_duration_seconds[5m]))',
  native_quantile: 'histogram_quantile(0.99, sum by (service_name) (rate(traces_span_metrics_duration_seconds[5m])))',
};

const signal = new AbortController().signal;
const figures: Record<string, number> = {};

async function measure(load: (store: MemoryStore) => void, queries: Readonly<Record<string, string>>): Promise<void> {
  const store = new MemoryStore();
  load(store);
  for (const [name, query] of Object.entries(queries)) {
    const prepared = prepare(query, DEFAULT_ENGINE_OPTIONS.features);
    const times: number[] = [];
    for (let run = 0; run < WARM_UPS + RUNS; run++) {
      globalThis.gc?.();
      const before = process.cpuUsage();
      const range = { startMs: START_MS, endMs: END_MS, stepMs: STEP_MS };
      await queryRange(store, prepared, range, DEFAULT_ENGINE_OPTIONS, signal);
      const { user, system } = process.cpuUsage(before);
      if (run >= WARM_UPS) times.push((user + system) / 1000);
    }
    figures[`${name}_ms`] = Math.round(times.toSorted((a, b) => a - b)[RUNS >> 1]! * 10) / 10;
  }
}

// Native histograms are half a million objects: they come after the floats, whose garbage collections would go through them as well.
await measure(loadFloats, QUERIES);
await measure(loadNative, NATIVE_QUERIES);
console.log(JSON.stringify(figures, null, 2));

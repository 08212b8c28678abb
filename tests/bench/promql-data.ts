// What the benches of PromQL ask for: four hours of the metrics that a few services have of their spans, and dashboard queries over them.
import { DEFAULT_ENGINE_OPTIONS, prepare, queryRange } from '#query/promql/engine.ts';
import { LabelSet } from '#query/promql/labels.ts';
import type { Series, SeriesStore } from '#query/promql/storage.ts';

const START_MS = Date.UTC(2026, 0, 1);
const SCRAPE_MS = 15_000;
export const SCRAPES = 961;
export const SERVICES = 25;
const RANGE = { startMs: START_MS, endMs: START_MS + (SCRAPES - 1) * SCRAPE_MS, stepMs: 60_000 };
const BOUNDS = ['5', '10', '25', '50', '100', '250', '500', '1000', '5000', '+Inf'];

export const FLOAT_QUERIES = {
  sum_by_rate: 'sum by (service_name) (rate(traces_span_metrics_calls_total[5m]))',
  histogram_quantile:
    'histogram_quantile(0.99, sum by (le, service_name) (rate(traces_span_metrics_duration_milliseconds_bucket[5m])))',
  selector: 'traces_span_metrics_calls_total',
};

let seed = 1;

function random(): number {
  seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
  return seed / 2 ** 31;
}

/** Of all series: they are scraped together. */
export const timesMs = Float64Array.from({ length: SCRAPES }, (_, at) => START_MS + at * SCRAPE_MS);

/** A counter that is reset now and then. */
export function counter(mean: number): Float64Array {
  let total = 0;
  return Float64Array.from({ length: SCRAPES }, () => {
    if (random() < 1 / 2000) total = 0;
    total += Math.floor(-Math.log(1 - random()) * mean);
    return total;
  });
}

export function labels(
  name: string,
  service: number,
  operation: number,
  more: Readonly<Record<string, string>>,
): LabelSet {
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

/** 3,000 series of calls and 10,000 of buckets. */
export function* floatSeries(): Generator<Series> {
  for (let service = 0; service < SERVICES; service++) {
    for (let operation = 0; operation < 60; operation++)
      for (const status_code of ['STATUS_CODE_UNSET', 'STATUS_CODE_ERROR'])
        yield {
          labels: labels('traces_span_metrics_calls_total', service, operation, { status_code }),
          timesMs,
          values: counter(20),
        };
    for (let operation = 0; operation < 40; operation++)
      for (const [at, le] of BOUNDS.entries())
        yield {
          labels: labels('traces_span_metrics_duration_milliseconds_bucket', service, operation, { le }),
          timesMs,
          values: counter(4 + 4 * at),
        };
  }
}

/** Asks once; gives the number of points in the answer. */
export async function ask(store: SeriesStore, query: string): Promise<number> {
  const prepared = prepare(query, DEFAULT_ENGINE_OPTIONS.features);
  const { data } = await queryRange(store, prepared, RANGE, DEFAULT_ENGINE_OPTIONS, new AbortController().signal);
  if (data.type !== 'matrix') throw new Error(`${query} is a ${data.type}`);
  return data.series.reduce((points, one) => points + one.timesMs.length, 0);
}

export function median(figures: readonly number[]): number {
  return figures.toSorted((a, b) => a - b)[figures.length >> 1]!;
}

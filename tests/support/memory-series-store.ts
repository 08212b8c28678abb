// A series store in memory, in place of ClickHouse's.
import { compareText } from '#query/promql/compare-text.ts';
import { compareLabels, type LabelSet } from '#query/promql/labels.ts';
import type { Matcher } from '#query/promql/matcher.ts';
import { PromqlError } from '#query/promql/promql-error.ts';
import type {
  MetricMetadata,
  SelectLimits,
  Series,
  SeriesExemplars,
  SeriesStore,
  TimeRange,
} from '#query/promql/storage.ts';

function satisfies(labels: LabelSet, matchers: readonly Matcher[]): boolean {
  return matchers.every((matcher) => matcher.matches(labels.get(matcher.name)));
}

const NO_TIMES = new Float64Array();

/** Index of the first time that is at least `timeMs`. */
function lowerBound(timesMs: Float64Array, timeMs: number): number {
  let low = 0;
  let high = timesMs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (timesMs[middle]! < timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

export class MemoryStore implements SeriesStore {
  readonly #series = new Map<string, Series>();
  readonly #exemplars: SeriesExemplars[] = [];
  readonly #metadata: MetricMetadata[] = [];

  /** Adds samples, ascending in time; those of a known series must be later than what it has, or of the same time, which they replace. */
  add(series: Series): void {
    const known = this.#series.get(series.labels.key);
    if (known === undefined) {
      this.#series.set(series.labels.key, series);
      return;
    }
    const keep = lowerBound(known.timesMs, series.timesMs[0] ?? Infinity);
    const timesMs = new Float64Array(keep + series.timesMs.length);
    const values = new Float64Array(timesMs.length);
    timesMs.set(known.timesMs.subarray(0, keep));
    values.set(known.values.subarray(0, keep));
    timesMs.set(series.timesMs, keep);
    values.set(series.values, keep);
    const histogramTimesMs = Float64Array.from([...(known.histogramTimesMs ?? []), ...(series.histogramTimesMs ?? [])]);
    this.#series.set(series.labels.key, { labels: known.labels, timesMs, values, histogramTimesMs });
  }

  addExemplars(exemplars: SeriesExemplars): void {
    this.#exemplars.push(exemplars);
  }

  addMetadata(metadata: MetricMetadata): void {
    this.#metadata.push(metadata);
  }

  clear(): void {
    this.#series.clear();
    this.#exemplars.length = 0;
    this.#metadata.length = 0;
  }

  select(matchers: readonly Matcher[], range: TimeRange, limits: SelectLimits): Promise<readonly Series[]> {
    const found: Series[] = [];
    for (const one of this.#series.values()) {
      if (!satisfies(one.labels, matchers)) continue;
      const from = lowerBound(one.timesMs, range.startMs);
      const to = lowerBound(one.timesMs, range.endMs + 1);
      const histogramTimesMs = (one.histogramTimesMs ?? NO_TIMES).filter(
        (timeMs) => timeMs >= range.startMs && timeMs <= range.endMs,
      );
      if (from >= to && histogramTimesMs.length === 0) continue;
      found.push({
        labels: one.labels,
        timesMs: one.timesMs.slice(from, to),
        values: one.values.slice(from, to),
        histogramTimesMs,
      });
      if (found.length > limits.maxSeries)
        return Promise.reject(
          new PromqlError('execution', `the selector matches more than ${limits.maxSeries} series`),
        );
    }
    return Promise.resolve(found.sort((a, b) => compareLabels(a.labels, b.labels)));
  }

  series(matcherSets: readonly (readonly Matcher[])[], range: TimeRange): Promise<readonly LabelSet[]> {
    const found = [...this.#series.values()].filter((one) => {
      const wanted = matcherSets.length === 0 || matcherSets.some((matchers) => satisfies(one.labels, matchers));
      return (
        wanted &&
        [one.timesMs, one.histogramTimesMs ?? NO_TIMES].some(
          (times) => lowerBound(times, range.startMs) < lowerBound(times, range.endMs + 1),
        )
      );
    });
    return Promise.resolve(found.map((one) => one.labels).sort(compareLabels));
  }

  async labelNames(matcherSets: readonly (readonly Matcher[])[], range: TimeRange): Promise<readonly string[]> {
    const series = await this.series(matcherSets, range);
    return [...new Set(series.flatMap((labels) => labels.names))].sort(compareText);
  }

  async labelValues(
    name: string,
    matcherSets: readonly (readonly Matcher[])[],
    range: TimeRange,
  ): Promise<readonly string[]> {
    const series = await this.series(matcherSets, range);
    return [...new Set(series.map((labels) => labels.get(name)).filter((value) => value !== ''))].sort(compareText);
  }

  exemplars(matcherSets: readonly (readonly Matcher[])[], range: TimeRange): Promise<readonly SeriesExemplars[]> {
    const found: SeriesExemplars[] = [];
    for (const one of this.#exemplars) {
      if (!matcherSets.some((matchers) => satisfies(one.labels, matchers))) continue;
      const exemplars = one.exemplars.filter(
        ({ timestampMs }) => timestampMs >= range.startMs && timestampMs <= range.endMs,
      );
      if (exemplars.length > 0) found.push({ labels: one.labels, exemplars });
    }
    return Promise.resolve(found.sort((a, b) => compareLabels(a.labels, b.labels)));
  }

  metadata(metric: string | undefined): Promise<readonly MetricMetadata[]> {
    const found = this.#metadata.filter((one) => metric === undefined || one.name === metric);
    return Promise.resolve(found.sort((a, b) => compareText(a.name, b.name)));
  }
}

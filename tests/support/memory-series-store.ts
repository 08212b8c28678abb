// A series store in memory, in place of ClickHouse's.
import { compareText } from '#query/promql/compare-text.ts';
import { compareLabels, type LabelSet } from '#query/promql/labels.ts';
import type { Matcher } from '#query/promql/matcher.ts';
import { PromqlError } from '#query/promql/promql-error.ts';
import type {
  MetricMetadata,
  Samples,
  SelectLimits,
  Series,
  SeriesExemplars,
  SeriesStore,
  TimeRange,
} from '#query/promql/storage.ts';

function satisfies(labels: LabelSet, matchers: readonly Matcher[]): boolean {
  return matchers.every((matcher) => matcher.matches(labels.get(matcher.name)));
}

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

/** The same memory: nobody changes samples. */
function slice({ timesMs, values, histograms, startTimesMs }: Samples, from: number, to: number): Samples {
  return {
    timesMs: timesMs.subarray(from, to),
    values: values.subarray(from, to),
    histograms: histograms?.slice(from, to),
    startTimesMs: startTimesMs?.subarray(from, to),
  };
}

/** The samples of both, one after the other. */
function joined(a: Samples, b: Samples): Samples {
  const both = (left: Float64Array, right: Float64Array): Float64Array => {
    const all = new Float64Array(left.length + right.length);
    all.set(left);
    all.set(right, left.length);
    return all;
  };
  const none = ({ timesMs }: Samples): undefined[] => Array.from<undefined>({ length: timesMs.length });
  const unknown = ({ timesMs }: Samples): Float64Array => new Float64Array(timesMs.length);
  const hasHistograms = a.histograms !== undefined || b.histograms !== undefined;
  const hasStarts = a.startTimesMs !== undefined || b.startTimesMs !== undefined;
  return {
    timesMs: both(a.timesMs, b.timesMs),
    values: both(a.values, b.values),
    ...(hasHistograms ? { histograms: [...(a.histograms ?? none(a)), ...(b.histograms ?? none(b))] } : {}),
    ...(hasStarts ? { startTimesMs: both(a.startTimesMs ?? unknown(a), b.startTimesMs ?? unknown(b)) } : {}),
  };
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
    this.#series.set(series.labels.key, { labels: known.labels, ...joined(slice(known, 0, keep), series) });
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
      if (from >= to) continue;
      found.push({ labels: one.labels, ...slice(one, from, to) });
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
      return wanted && lowerBound(one.timesMs, range.startMs) < lowerBound(one.timesMs, range.endMs + 1);
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

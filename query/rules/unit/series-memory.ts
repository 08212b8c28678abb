// The series of one unit test: what it gives as input appears as time goes on, and what its rules write is added.
import { compareText } from '#query/promql/compare-text.ts';
import { formatGo } from '#query/promql/format-number.ts';
import { compareLabels, METRIC_NAME, type LabelSet } from '#query/promql/labels.ts';
import type { FloatHistogram } from '#query/promql/histogram/float-histogram.ts';
import { storedBehind } from '#query/promql/histogram/stored-hints.ts';
import type { Matcher } from '#query/promql/matcher.ts';
import { PromqlError } from '#query/promql/promql-error.ts';
import { markStale } from '#query/promql/stale.ts';
import type {
  MetricMetadata,
  SelectLimits,
  Series,
  SeriesExemplars,
  SeriesStore,
  TimeRange,
} from '#query/promql/storage.ts';
import type { RuleSample } from '../model.ts';

interface Held {
  readonly labels: LabelSet;
  readonly timesMs: number[];
  readonly values: RuleSample['value'][];
}

/** Points of a series in order of time. */
export interface InputSeries {
  readonly labels: LabelSet;
  readonly points: readonly Omit<RuleSample, 'labels'>[];
}

export class SeriesMemory implements SeriesStore {
  readonly #series = new Map<string, Held>();
  readonly #byName = new Map<string, Held[]>();
  readonly #input: { readonly series: InputSeries; next: number }[];

  constructor(input: readonly InputSeries[]) {
    this.#input = input.map((series) => ({ series, next: 0 }));
  }

  /** Adds the input up to this time. Throws where two inputs are the same series. */
  advance(timeMs: number): void {
    for (const one of this.#input) {
      const { labels, points } = one.series;
      for (; one.next < points.length && points[one.next]!.timeMs <= timeMs; one.next++)
        this.#append({ labels, ...points[one.next]! });
    }
  }

  /** Adds what a rule wrote. Throws where another value stands at that time already. */
  write(samples: readonly RuleSample[]): void {
    let failure: Error | undefined;
    for (const sample of samples) {
      try {
        this.#append(sample);
      } catch (error) {
        if (sample.value !== 'stale' && error instanceof Error) failure = error;
      }
    }
    if (failure !== undefined) throw failure;
  }

  #append({ labels, timeMs, value }: RuleSample): void {
    const held = this.#held(labels);
    const last = held.timesMs.at(-1);
    if (last !== undefined && last >= timeMs) {
      if (last > timeMs) throw new Error('out of order sample');
      const existing = held.values.at(-1);
      if (Object.is(existing, value)) return;
      const detail =
        typeof existing === 'number' && typeof value === 'number'
          ? ` ${timeMs}; overrides not allowed: existing ${formatGo(existing)}, new value ${formatGo(value)}`
          : '';
      throw new Error(`duplicate sample for timestamp${detail}`);
    }
    const before = held.values.at(-1);
    held.timesMs.push(timeMs);
    held.values.push(
      typeof value === 'object' ? storedBehind(typeof before === 'object' ? before : undefined, value) : value,
    );
  }

  #held(labels: LabelSet): Held {
    const known = this.#series.get(labels.key);
    if (known !== undefined) return known;
    const held: Held = { labels, timesMs: [], values: [] };
    this.#series.set(labels.key, held);
    const name = labels.get(METRIC_NAME);
    const named = this.#byName.get(name);
    if (named === undefined) this.#byName.set(name, [held]);
    else named.push(held);
    return held;
  }

  #matching(matchers: readonly Matcher[], { startMs, endMs }: TimeRange): { held: Held; from: number; to: number }[] {
    const name = matchers.find((matcher) => matcher.name === METRIC_NAME && matcher.operator === '=')?.value;
    const candidates = name === undefined ? this.#series.values() : (this.#byName.get(name) ?? []);
    const found: { held: Held; from: number; to: number }[] = [];
    for (const held of candidates) {
      if (!matchers.every((matcher) => matcher.matches(held.labels.get(matcher.name)))) continue;
      const from = firstAtLeast(held.timesMs, startMs);
      const to = firstAtLeast(held.timesMs, endMs + 1);
      if (from < to) found.push({ held, from, to });
    }
    return found;
  }

  select(matchers: readonly Matcher[], range: TimeRange, { maxSeries }: SelectLimits): Promise<readonly Series[]> {
    const found = this.#matching(matchers, range);
    if (found.length > maxSeries)
      return Promise.reject(new PromqlError('execution', `the selector matches more than ${maxSeries} series`));
    const series = found.map(({ held, from, to }) => pieceOf(held, from, to));
    return Promise.resolve(series.sort((a, b) => compareLabels(a.labels, b.labels)));
  }

  series(matcherSets: readonly (readonly Matcher[])[], range: TimeRange): Promise<readonly LabelSet[]> {
    const sets = matcherSets.length === 0 ? [[]] : matcherSets;
    const found = new Set(sets.flatMap((matchers) => this.#matching(matchers, range).map(({ held }) => held.labels)));
    return Promise.resolve([...found].sort(compareLabels));
  }

  async labelNames(matcherSets: readonly (readonly Matcher[])[], range: TimeRange): Promise<readonly string[]> {
    const names = (await this.series(matcherSets, range)).flatMap((labels) => labels.names);
    return [...new Set(names)].sort(compareText);
  }

  async labelValues(
    name: string,
    matcherSets: readonly (readonly Matcher[])[],
    range: TimeRange,
  ): Promise<readonly string[]> {
    const values = (await this.series(matcherSets, range)).map((labels) => labels.get(name));
    return [...new Set(values.filter((value) => value !== ''))].sort(compareText);
  }

  /** The files of unit tests have none. */
  exemplars(): Promise<readonly SeriesExemplars[]> {
    return Promise.resolve([]);
  }

  /** Nor these. */
  metadata(): Promise<readonly MetricMetadata[]> {
    return Promise.resolve([]);
  }
}

function firstAtLeast(timesMs: readonly number[], timeMs: number): number {
  let low = 0;
  let high = timesMs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (timesMs[middle]! < timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function pieceOf({ labels, timesMs, values }: Held, from: number, to: number): Series {
  const numbers = new Float64Array(to - from);
  const histograms: (FloatHistogram | undefined)[] = [];
  let hasHistograms = false;
  for (let at = from; at < to; at++) {
    const value = values[at]!;
    if (typeof value === 'number') numbers[at - from] = value;
    else if (value === 'stale') markStale(numbers, at - from);
    const histogram = typeof value === 'object' ? value : undefined;
    hasHistograms ||= histogram !== undefined;
    histograms.push(histogram);
  }
  return {
    labels,
    timesMs: Float64Array.from(timesMs.slice(from, to)),
    values: numbers,
    ...(hasHistograms ? { histograms } : {}),
  };
}

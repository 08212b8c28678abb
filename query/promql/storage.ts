// The contract between the PromQL engine and whatever holds the series: memory in tests, ClickHouse in production.
import type { FloatHistogram } from './histogram/float-histogram.ts';
import type { LabelSet } from './labels.ts';
import type { Matcher } from './matcher.ts';

/** Histograms beside other values: undefined at the places where there is none. */
export type HistogramColumn = readonly (FloatHistogram | undefined)[];

/** Floats and histograms of one series in one order of time. */
export interface Samples {
  /** Unix milliseconds, strictly ascending. */
  readonly timesMs: Float64Array;
  /** Staleness markers keep their bits (see stale.ts), those of histograms as well. */
  readonly values: Float64Array;
  /** Absent where all samples are floats. */
  readonly histograms?: HistogramColumn | undefined;
  /** When counting began, Unix milliseconds; 0 where that is unknown. Absent where no sample has it. */
  readonly startTimesMs?: Float64Array | undefined;
}

export interface Series extends Samples {
  readonly labels: LabelSet;
}

export interface Exemplar {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly timestampMs: number;
}

export interface SeriesExemplars {
  readonly labels: LabelSet;
  readonly exemplars: readonly Exemplar[];
}

/** What is known about a metric beside its samples. */
export interface MetricMetadata {
  readonly name: string;
  readonly type: string;
  readonly unit: string;
  readonly help: string;
}

/** Bounds that a store must keep while reading; it throws a PromqlError of type execution beyond them. */
export interface SelectLimits {
  readonly maxSeries: number;
  readonly maxSamples: number;
  readonly timeoutMs: number;
  /** Of names, values and label sets only so many are wanted. */
  readonly first?: number | undefined;
  /** False: nobody looks at start times of samples, and they need not be read. */
  readonly startTimes?: boolean | undefined;
}

/** A closed interval of Unix milliseconds. */
export interface TimeRange {
  readonly startMs: number;
  readonly endMs: number;
}

export interface SeriesStore {
  /** Series that satisfy all matchers and have samples in the closed range. */
  select(
    matchers: readonly Matcher[],
    range: TimeRange,
    limits: SelectLimits,
    signal: AbortSignal,
  ): Promise<readonly Series[]>;
  /** Label sets of series that satisfy one of the matcher sets (none given: all) and live in the range, sorted. */
  series(
    matcherSets: readonly (readonly Matcher[])[],
    range: TimeRange,
    limits: SelectLimits,
    signal: AbortSignal,
  ): Promise<readonly LabelSet[]>;
  /** Names of the labels of those series, sorted. */
  labelNames(
    matcherSets: readonly (readonly Matcher[])[],
    range: TimeRange,
    limits: SelectLimits,
    signal: AbortSignal,
  ): Promise<readonly string[]>;
  /** Values that one label has in those series, sorted. */
  labelValues(
    name: string,
    matcherSets: readonly (readonly Matcher[])[],
    range: TimeRange,
    limits: SelectLimits,
    signal: AbortSignal,
  ): Promise<readonly string[]>;
  /** Exemplars in the closed range, by series, ascending in time. */
  exemplars(
    matcherSets: readonly (readonly Matcher[])[],
    range: TimeRange,
    limits: SelectLimits,
    signal: AbortSignal,
  ): Promise<readonly SeriesExemplars[]>;
  /** Metadata of one metric, or of all when none is named, sorted by name. */
  metadata(metric: string | undefined, limits: SelectLimits, signal: AbortSignal): Promise<readonly MetricMetadata[]>;
}

/** How often something is there. */
interface NamedCount {
  readonly name: string;
  readonly value: number;
}

export interface Cardinality {
  readonly series: number;
  /** Different pairs of a label and a value. */
  readonly labelPairs: number;
  /** Unix milliseconds; 0 where nothing is stored. */
  readonly minTimeMs: number;
  readonly maxTimeMs: number;
  readonly seriesByMetric: readonly NamedCount[];
  readonly valuesByLabel: readonly NamedCount[];
  /** Of all different values of a label. */
  readonly bytesByLabel: readonly NamedCount[];
  /** Of `label=value`. */
  readonly seriesByPair: readonly NamedCount[];
}

export interface CardinalityReader {
  /** @param first so many of each list, the largest ones */
  cardinality(first: number, signal: AbortSignal): Promise<Cardinality>;
}

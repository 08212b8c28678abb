// Series as they stand in recorded data sets, floats and histograms in one order of time.
import { bucketsFromSpans, type Buckets, type Span } from '#query/promql/histogram/buckets.ts';
import type { CounterResetHint, FloatHistogram } from '#query/promql/histogram/float-histogram.ts';
import { LabelSet } from '#query/promql/labels.ts';
import { markStale } from '#query/promql/stale.ts';
import type { Series } from '#query/promql/storage.ts';

interface RecordedHistogram {
  readonly hint: CounterResetHint;
  readonly schema: number;
  readonly zero_threshold: string;
  readonly zero_count: string;
  readonly count: string;
  readonly sum: string;
  readonly positive_spans?: readonly Span[];
  readonly positive_buckets?: readonly string[];
  readonly negative_spans?: readonly Span[];
  readonly negative_buckets?: readonly string[];
  readonly custom_values?: readonly number[];
}

export interface RecordedSeries {
  readonly labels: Record<string, string>;
  readonly samples?: readonly (readonly [number, string])[];
  readonly histograms?: readonly (readonly [number, RecordedHistogram | 'stale'])[];
}

function number(text: string): number {
  return text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text);
}

function buckets(spans: readonly Span[] = [], counts: readonly string[] = []): Buckets {
  return bucketsFromSpans(spans, counts.map(number));
}

function histogramOf(recorded: RecordedHistogram): FloatHistogram {
  return {
    hint: recorded.hint,
    schema: recorded.schema,
    zeroThreshold: number(recorded.zero_threshold),
    zeroCount: number(recorded.zero_count),
    count: number(recorded.count),
    sum: number(recorded.sum),
    positive: buckets(recorded.positive_spans, recorded.positive_buckets),
    negative: buckets(recorded.negative_spans, recorded.negative_buckets),
    customValues: recorded.custom_values ?? [],
  };
}

export function seriesOf({ labels, samples = [], histograms = [] }: RecordedSeries): Series {
  const all = [...samples, ...histograms].sort(([a], [b]) => a - b);
  const values = Float64Array.from(all, ([, value]) => (typeof value === 'string' ? number(value) : 0));
  for (const [at, [, value]] of all.entries()) if (value === 'stale') markStale(values, at);
  const column = all.map(([, value]) => (typeof value === 'string' ? undefined : histogramOf(value)));
  return {
    labels: LabelSet.from(Object.entries(labels)),
    timesMs: Float64Array.from(all, ([timeMs]) => timeMs),
    values,
    ...(histograms.length > 0 ? { histograms: column } : {}),
  };
}

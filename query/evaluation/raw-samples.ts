// The answer to an instant query as its samples, for rules: written as text by the thread that evaluates, and read again, with nothing lost of a number.
import type { ResultData, ResultSeries } from '#query/promql/engine.ts';
import { formatValue } from '#query/promql/format-number.ts';
import type { Buckets } from '#query/promql/histogram/buckets.ts';
import type { FloatHistogram } from '#query/promql/histogram/float-histogram.ts';
import { LabelSet } from '#query/promql/labels.ts';
import { PromqlError } from '#query/promql/promql-error.ts';

/** A scalar has no labels. */
export interface RawSample {
  readonly labels: LabelSet;
  readonly value: number | FloatHistogram;
}

type WrittenBuckets = readonly [indexes: readonly number[], counts: readonly string[]];
type WrittenHistogram = Pick<FloatHistogram, 'hint' | 'schema'> & {
  readonly zeroThreshold: string;
  readonly zeroCount: string;
  readonly count: string;
  readonly sum: string;
  readonly positive: WrittenBuckets;
  readonly negative: WrittenBuckets;
  readonly customValues: readonly string[];
};
type Written = readonly [labels: readonly (readonly [string, string])[], value: string | WrittenHistogram];

/** @throws PromqlError where the result is neither a vector nor a scalar */
export function rawSamplesText(data: ResultData): string {
  if (data.type === 'scalar') return JSON.stringify([[[], formatValue(data.value)]]);
  if (data.type !== 'vector') throw new PromqlError('execution', 'rule result is not a vector or scalar');
  return JSON.stringify(data.series.map(written));
}

function written({ labels, values, histograms }: ResultSeries): Written {
  const histogram = histograms?.[0];
  return [[...labels.entries()], histogram === undefined ? formatValue(values[0] ?? NaN) : writtenHistogram(histogram)];
}

function writtenHistogram(of: FloatHistogram): WrittenHistogram {
  const buckets = ({ indexes, counts }: Buckets): WrittenBuckets => [indexes, counts.map(formatValue)];
  return {
    hint: of.hint,
    schema: of.schema,
    zeroThreshold: formatValue(of.zeroThreshold),
    zeroCount: formatValue(of.zeroCount),
    count: formatValue(of.count),
    sum: formatValue(of.sum),
    positive: buckets(of.positive),
    negative: buckets(of.negative),
    customValues: of.customValues.map(formatValue),
  };
}

/** Of what {@link rawSamplesText} wrote. */
export function parseRawSamples(text: string): readonly RawSample[] {
  const all = JSON.parse(text) as readonly Written[];
  return all.map(([labels, value]) => ({
    labels: LabelSet.from(labels),
    value: typeof value === 'string' ? numberOf(value) : readHistogram(value),
  }));
}

function readHistogram(of: WrittenHistogram): FloatHistogram {
  const buckets = ([indexes, counts]: WrittenBuckets): Buckets => ({ indexes, counts: counts.map(numberOf) });
  return {
    hint: of.hint,
    schema: of.schema,
    zeroThreshold: numberOf(of.zeroThreshold),
    zeroCount: numberOf(of.zeroCount),
    count: numberOf(of.count),
    sum: numberOf(of.sum),
    positive: buckets(of.positive),
    negative: buckets(of.negative),
    customValues: of.customValues.map(numberOf),
  };
}

function numberOf(text: string): number {
  return text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text);
}

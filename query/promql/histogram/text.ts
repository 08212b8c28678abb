// Histograms as text: as Prometheus prints them in label values, and in the notation of test scripts.
import { formatGo } from '../format-number.ts';
import { negativeBucket, positiveBucket, zeroBucket, type Bucket } from './bucket-list.ts';
import type { Buckets } from './buckets.ts';
import { compact, usesCustomBuckets, type FloatHistogram } from './float-histogram.ts';

function bucketText({ lower, upper, lowerInclusive, upperInclusive, count }: Bucket): string {
  const open = lowerInclusive ? '[' : '(';
  const close = upperInclusive ? ']' : ')';
  return `, ${open}${formatGo(lower)},${formatGo(upper)}${close}:${formatGo(count)}`;
}

/** `{count:3, sum:4.5, (0.5,1]:1, (1,2]:2}`, empty buckets left out. */
export function histogramText(histogram: FloatHistogram): string {
  const { positive, negative } = histogram;
  let text = `{count:${formatGo(histogram.count)}, sum:${formatGo(histogram.sum)}`;
  for (let at = negative.indexes.length - 1; at >= 0; at--)
    if (negative.counts[at] !== 0) text += bucketText(negativeBucket(histogram, at));
  if (histogram.zeroCount !== 0) text += bucketText(zeroBucket(histogram));
  for (let at = 0; at < positive.indexes.length; at++)
    if (positive.counts[at] !== 0) text += bucketText(positiveBucket(histogram, at));
  return `${text}}`;
}

/** Buckets of the notation stand in one run, with zeros where there are none. */
function runText(key: string, offsetKey: string, { indexes, counts }: Buckets): string[] {
  const first = indexes[0];
  const last = indexes.at(-1);
  if (first === undefined || last === undefined) return [];
  const byIndex = new Map(indexes.map((index, at) => [index, counts[at] ?? 0]));
  const run = Array.from({ length: last - first + 1 }, (_, at) => formatGo(byIndex.get(first + at) ?? 0));
  return [...(first === 0 ? [] : [`${offsetKey}:${first}`]), `${key}:[${run.join(' ')}]`];
}

/**
 * `{{schema:1 count:3 sum:4.5 buckets:[1 2]}}`; members that are zero are left out.
 * @public
 */
export function histogramNotation(histogram: FloatHistogram): string {
  const { schema, count, sum, zeroCount, zeroThreshold, customValues, hint, positive, negative } = compact(histogram);
  const number = (key: string, value: number): string[] => (value === 0 ? [] : [`${key}:${formatGo(value)}`]);
  const parts = [
    ...number('schema', schema),
    ...number('count', count),
    ...number('sum', sum),
    ...number('z_bucket', zeroCount),
    ...number('z_bucket_w', zeroThreshold),
    ...(usesCustomBuckets(histogram) ? [`custom_values:[${customValues.map(formatGo).join(' ')}]`] : []),
    ...(hint === 'unknown' ? [] : [`counter_reset_hint:${hint}`]),
    ...runText('buckets', 'offset', positive),
    ...runText('n_buckets', 'n_offset', negative),
  ];
  return `{{${parts.join(' ')}}}`;
}

// Histograms as the Prometheus HTTP API writes them.
import { formatValue } from '../format-number.ts';
import { allBuckets, type Bucket } from './bucket-list.ts';
import type { FloatHistogram } from './float-histogram.ts';

type BucketJson = readonly [boundaries: number, lower: string, upper: string, count: string];

export interface HistogramJson {
  readonly count: string;
  readonly sum: string;
  readonly buckets?: readonly BucketJson[];
}

/** Which bounds belong to a bucket: 0 the upper, 1 the lower, 2 none, 3 both. */
function boundaries({ lowerInclusive, upperInclusive }: Bucket): number {
  if (lowerInclusive) return upperInclusive ? 3 : 1;
  return upperInclusive ? 0 : 2;
}

/** Empty buckets are left out. */
export function histogramToJson(histogram: FloatHistogram): HistogramJson {
  const buckets = allBuckets(histogram)
    .filter((bucket) => bucket.count !== 0)
    .map((bucket): BucketJson => [
      boundaries(bucket),
      formatValue(bucket.lower),
      formatValue(bucket.upper),
      formatValue(bucket.count),
    ]);
  const totals = { count: formatValue(histogram.count), sum: formatValue(histogram.sum) };
  return buckets.length === 0 ? totals : { ...totals, buckets };
}

// Trimming: the part of a histogram below (`</`) or above (`>/`) a value, cut buckets by interpolation.
import { fractionBelow, negativeBucket, positiveBucket, zeroBucket, type Bucket } from './bucket-list.ts';
import { compact, usesCustomBuckets, type FloatHistogram } from './float-histogram.ts';

/** What is left of a bucket, and the value its observations count with in the new sum. */
interface Kept {
  readonly count: number;
  readonly middle: number;
}

type Side = 'custom' | 'positive' | 'negative';

const NOTHING: Kept = { count: 0, middle: 0 };

/** Where observations between two bounds lie on average. */
function middleOf(lower: number, upper: number, side: Side): number {
  if (Math.abs(lower) === Infinity) {
    if (Math.abs(upper) === Infinity) return 0;
    return upper > 0 ? upper / 2 : upper;
  }
  if (Math.abs(upper) === Infinity) return lower;
  if (side === 'custom') return (lower + upper) / 2;
  const mean = Math.sqrt(Math.abs(lower * upper));
  return side === 'positive' ? mean : -mean;
}

/** Of buckets without an end nobody knows where observations lie: cut ones are dropped, but for the first custom one, which starts at 0. */
function keepOpen({ lower, upper, count }: Bucket, value: number, below: boolean): Kept {
  if (lower === -Infinity) {
    if (below) {
      if (value > 0 && upper > 0 && upper !== Infinity) return { count: (count * value) / upper, middle: value / 2 };
      return upper <= 0 ? { count, middle: value } : NOTHING;
    }
    if (value >= 0 && upper > value && upper !== Infinity)
      return { count: count * (1 - value / upper), middle: (value + upper) / 2 };
    return NOTHING;
  }
  return !below && value >= lower ? { count, middle: value } : NOTHING;
}

function keep(bucket: Bucket, value: number, below: boolean, side: Side): Kept {
  const { lower, upper, count } = bucket;
  if (below ? upper <= value : lower >= value) return { count, middle: middleOf(lower, upper, side) };
  if (!(below ? lower < value : upper > value)) return NOTHING;
  if (lower === -Infinity || upper === Infinity) return keepOpen(bucket, value, below);
  const under = count * fractionBelow(bucket, value, side === 'custom');
  return below
    ? { count: under, middle: middleOf(lower, value, side) }
    : { count: count - under, middle: middleOf(value, upper, side) };
}

/** The zero bucket is taken for one-sided where the other side has no observations. */
function keepZero(histogram: FloatHistogram, value: number, below: boolean, sides: Populated): Kept {
  const bucket = zeroBucket(histogram);
  const upper = sides.negative && !sides.positive ? 0 : bucket.upper;
  const lower = sides.positive && !sides.negative ? 0 : bucket.lower;
  const all = { count: bucket.count, middle: (lower + upper) / 2 };
  if (value <= lower) return below ? NOTHING : all;
  if (value >= upper) return below ? all : NOTHING;
  const share = (below ? value - lower : upper - value) / (upper - lower);
  return { count: bucket.count * share, middle: below ? (lower + value) / 2 : (value + upper) / 2 };
}

interface Populated {
  readonly positive: boolean;
  readonly negative: boolean;
}

/** What lies below `value` (`below`), or above it. Untouched histograms keep count and sum. */
export function trim(histogram: FloatHistogram, value: number, below: boolean): FloatHistogram {
  const custom = usesCustomBuckets(histogram);
  let count = 0;
  let sum = 0;
  let trimmed = false;
  const keepAll = (counts: readonly number[], bucketAt: (at: number) => Bucket, side: Side): number[] =>
    counts.map((before, at) => {
      if (before === 0) return 0;
      const kept = keep(bucketAt(at), value, below, side);
      count += kept.count;
      sum += kept.middle * kept.count;
      trimmed ||= kept.count !== before;
      return kept.count;
    });
  const positive = keepAll(
    histogram.positive.counts,
    (at) => positiveBucket(histogram, at),
    custom ? 'custom' : 'positive',
  );
  const negative = keepAll(histogram.negative.counts, (at) => negativeBucket(histogram, at), 'negative');
  let { zeroCount } = histogram;
  if (zeroCount > 0) {
    const kept = keepZero(histogram, value, below, {
      positive: histogram.positive.counts.some((each) => each !== 0),
      negative: histogram.negative.counts.some((each) => each !== 0),
    });
    trimmed ||= kept.count !== zeroCount;
    zeroCount = kept.count;
    count += kept.count;
    sum += kept.middle * kept.count;
  }
  if (!trimmed) return histogram;
  return compact({
    ...histogram,
    count,
    sum,
    zeroCount,
    positive: { indexes: histogram.positive.indexes, counts: positive },
    negative: { indexes: histogram.negative.indexes, counts: negative },
  });
}

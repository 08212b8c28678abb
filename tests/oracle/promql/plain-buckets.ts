// Quantile and fraction of one classic histogram, in plain steps. The list of buckets is sorted and bent in place, as Prometheus does: the next quantile sees it so.

export interface PlainBucket {
  bound: number;
  count: number;
}

interface Bent {
  readonly minBucket: number;
  readonly maxBucket: number;
  readonly maxDiff: number;
}

function sortByBound(buckets: PlainBucket[]): void {
  buckets.sort((a, b) => (a.bound < b.bound ? -1 : a.bound > b.bound ? 1 : 0));
}

/** Buckets of one bound are added to each other; those that are left over stay behind the ones that count. */
function together(buckets: PlainBucket[]): PlainBucket[] {
  let last = { ...buckets[0]! };
  let at = 0;
  for (const bucket of buckets.slice(1).map((each) => ({ ...each }))) {
    if (bucket.bound === last.bound) last.count += bucket.count;
    else {
      Object.assign(buckets[at]!, last);
      last = bucket;
      at++;
    }
  }
  Object.assign(buckets[at]!, last);
  return buckets.slice(0, at + 1);
}

function nearlyEqual(a: number, b: number): boolean {
  const smallest = 2 ** -1022;
  if (a === b) return true;
  const size = Math.abs(a) + Math.abs(b);
  const difference = Math.abs(a - b);
  if (a === 0 || b === 0 || size < smallest) return difference < 1e-12 * smallest;
  return difference / Math.min(size, Number.MAX_VALUE) < 1e-12;
}

function rising(buckets: readonly PlainBucket[]): Bent | undefined {
  const bent: { readonly bound: number; readonly difference: number }[] = [];
  let highest = buckets[0]!.count;
  for (const bucket of buckets.slice(1)) {
    if (bucket.count === highest) continue;
    if (nearlyEqual(highest, bucket.count)) bucket.count = highest;
    else if (bucket.count < highest) {
      bent.push({ bound: bucket.bound, difference: highest - bucket.count });
      bucket.count = highest;
    } else highest = bucket.count;
  }
  if (bent.length === 0) return undefined;
  return {
    minBucket: Math.min(...bent.map(({ bound }) => bound)),
    maxBucket: Math.max(...bent.map(({ bound }) => bound)),
    maxDiff: Math.max(0, ...bent.map(({ difference }) => difference)),
  };
}

export function quantileOfBuckets(
  q: number,
  all: PlainBucket[],
): { readonly quantile: number; readonly bent?: Bent | undefined } {
  if (Number.isNaN(q)) return { quantile: NaN };
  if (q < 0) return { quantile: -Infinity };
  if (q > 1) return { quantile: Infinity };
  sortByBound(all);
  if (all.at(-1)!.bound !== Infinity) return { quantile: NaN };
  const buckets = together(all);
  const bent = rising(buckets);
  const observations = buckets.at(-1)!.count;
  if (buckets.length < 2 || observations === 0) return { quantile: NaN, bent };
  const rank = q * observations;
  // Go searches by halves; it matters where a count is no number.
  let from = 0;
  let to = buckets.length - 1;
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    if (buckets[middle]!.count >= rank) to = middle;
    else from = middle + 1;
  }
  if (from === buckets.length - 1) return { quantile: buckets.at(-2)!.bound, bent };
  const { bound, count } = buckets[from]!;
  if (from === 0 && bound <= 0) return { quantile: bound, bent };
  const before = from === 0 ? { bound: 0, count: 0 } : buckets[from - 1]!;
  const share = (rank - before.count) / (count - before.count);
  return { quantile: before.bound + (bound - before.bound) * share, bent };
}

export function fractionOfBuckets(low: number, high: number, all: PlainBucket[]): number {
  sortByBound(all);
  if (all.at(-1)!.bound !== Infinity) return NaN;
  const buckets = together(all);
  const observations = buckets.at(-1)!.count;
  if (observations === 0 || Number.isNaN(low) || Number.isNaN(high)) return NaN;
  if (low >= high) return 0;
  const below = (value: number): number => {
    let start = buckets[0]!.bound <= 0 ? -Infinity : 0;
    let rank = 0;
    for (const { bound, count } of buckets) {
      if (start >= value) return rank;
      if (start < value && bound > value)
        return start === -Infinity ? count : rank + ((count - rank) * (value - start)) / (bound - start);
      rank = count;
      start = bound;
    }
    return observations;
  };
  const atMost = (rank: number): number => (rank > observations ? observations : rank);
  return (atMost(below(high)) - atMost(below(low))) / observations;
}

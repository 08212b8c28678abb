// Compensated sums and means of histograms: every count is summed as floats are (kahan.ts).
import { KahanSum } from '../kahan.ts';
import { combinedHint, divide, hintsCollide } from './arithmetic.ts';
import { commonBounds, CUSTOM_BUCKETS_SCHEMA, sameBounds } from './bounds.ts';
import { coarserIndex, firstBeyond, sameIndexes } from './buckets.ts';
import { reboundBuckets } from './custom-bounds.ts';
import { usesCustomBuckets, type CounterResetHint, type FloatHistogram } from './float-histogram.ts';
import { insideZero, sharedZero, type CompensatedBuckets } from './zero-bucket.ts';

/** A list of buckets under construction. */
interface Side {
  indexes: number[];
  counts: number[];
  compensations: number[];
}

const scratch = new KahanSum();

function addAt(side: Side, at: number, count: number): void {
  scratch.sum = side.counts[at]!;
  scratch.compensation = side.compensations[at]!;
  scratch.add(count);
  side.counts[at] = scratch.sum;
  side.compensations[at] = scratch.compensation;
}

function push(side: Side, index: number, count: number, compensation: number): void {
  side.indexes.push(index);
  side.counts.push(count);
  side.compensations.push(compensation);
}

function sideOf({ indexes, counts, compensations }: CompensatedBuckets): Side {
  return {
    indexes: indexes.slice(),
    counts: counts.slice(),
    compensations: compensations?.slice() ?? indexes.map(() => 0),
  };
}

function coarserSide(side: CompensatedBuckets, steps: number): Side {
  if (steps === 0) return sideOf(side);
  const into: Side = { indexes: [], counts: [], compensations: [] };
  for (let at = 0; at < side.indexes.length; at++) {
    const index = coarserIndex(side.indexes[at]!, steps);
    const compensation = side.compensations?.[at] ?? 0;
    const last = into.indexes.length - 1;
    if (last < 0 || into.indexes[last] !== index) {
      push(into, index, side.counts[at]!, compensation);
      continue;
    }
    addAt(into, last, side.counts[at]!);
    addAt(into, last, compensation);
  }
  return into;
}

/** HOT: adds counts of the same buckets, as KahanSum does. */
function addInPlace({ counts, compensations }: Side, added: readonly number[]): void {
  for (let at = 0; at < counts.length; at++) {
    const sum = counts[at]!;
    const increment = added[at]!;
    const total = sum + increment;
    if (total === Infinity || total === -Infinity) compensations[at] = 0;
    else if (Math.abs(sum) >= Math.abs(increment)) compensations[at]! += sum - total + increment;
    else compensations[at]! += increment - total + sum;
    counts[at] = total;
  }
}

/** Adds the buckets of `other` from place `skipped` on to `side`; gives the result, which may be `side` itself. */
function mergeInto(side: Side, other: CompensatedBuckets, skipped: number): Side {
  if (other.indexes.length === skipped) return side;
  if (skipped === 0 && sameIndexes(side.indexes, other.indexes)) {
    addInPlace(side, other.counts);
    if (other.compensations !== undefined) addInPlace(side, other.compensations);
    return side;
  }
  const into: Side = { indexes: [], counts: [], compensations: [] };
  let left = 0;
  let right = skipped;
  while (left < side.indexes.length || right < other.indexes.length) {
    const one = left < side.indexes.length ? side.indexes[left]! : Infinity;
    const two = right < other.indexes.length ? other.indexes[right]! : Infinity;
    if (one > two) {
      push(into, two, other.counts[right]!, other.compensations?.[right] ?? 0);
      right++;
      continue;
    }
    push(into, one, side.counts[left]!, side.compensations[left]!);
    left++;
    if (one !== two) continue;
    addAt(into, into.counts.length - 1, other.counts[right]!);
    if (other.compensations !== undefined) addAt(into, into.counts.length - 1, other.compensations[right]!);
    right++;
  }
  return into;
}

/** Drops the buckets that are part of the zero bucket now, and empty ones. */
function outside(side: Side, schema: number, threshold: number): Side {
  const into: Side = { indexes: [], counts: [], compensations: [] };
  for (let at = insideZero(side, schema, threshold); at < side.indexes.length; at++)
    if (side.counts[at] !== 0 || side.compensations[at] !== 0)
      push(into, side.indexes[at]!, side.counts[at]!, side.compensations[at]!);
  return into;
}

/** A sum of histograms that all have exponential, or all have custom buckets. */
export class HistogramSum {
  #hint: CounterResetHint;
  #schema: number;
  #zeroThreshold: number;
  readonly #zero: KahanSum;
  readonly #count: KahanSum;
  readonly #sum: KahanSum;
  #positive: Side;
  #negative: Side;
  #customValues: readonly number[];
  /** The hints of two summands contradicted each other. */
  hintsCollide = false;
  /** Custom bounds differed, and only those that all have are left. */
  boundsReconciled = false;

  constructor(first: FloatHistogram) {
    this.#hint = first.hint;
    this.#schema = first.schema;
    this.#zeroThreshold = first.zeroThreshold;
    this.#zero = new KahanSum(first.zeroCount);
    this.#count = new KahanSum(first.count);
    this.#sum = new KahanSum(first.sum);
    this.#positive = sideOf(first.positive);
    this.#negative = sideOf(first.negative);
    this.#customValues = first.customValues;
  }

  /** False, and nothing added, when one has exponential and the other custom buckets. */
  add(other: FloatHistogram): boolean {
    const custom = usesCustomBuckets(other);
    if ((this.#schema === CUSTOM_BUCKETS_SCHEMA) !== custom) return false;
    this.hintsCollide ||= hintsCollide(this.#hint, other.hint);
    this.#hint = combinedHint(this.#hint, other.hint);
    this.#count.add(other.count);
    this.#sum.add(other.sum);
    if (custom) this.#addCustom(other);
    else this.#addExponential(other);
    return true;
  }

  #addCustom(other: FloatHistogram): void {
    if (sameBounds(this.#customValues, other.customValues)) {
      this.#positive = mergeInto(this.#positive, other.positive, 0);
      return;
    }
    this.boundsReconciled = true;
    const bounds = commonBounds(this.#customValues, other.customValues);
    const { buckets, compensations } = reboundBuckets(
      [
        { buckets: this.#positive, bounds: this.#customValues, factor: 1 },
        { buckets: other.positive, bounds: other.customValues, factor: 1 },
      ],
      bounds,
    );
    this.#positive = sideOf({ ...buckets, compensations });
    this.#customValues = bounds;
  }

  #addExponential(other: FloatHistogram): void {
    let zeroCount = other.zeroCount;
    let zeroCompensation = 0;
    if (this.#zeroThreshold !== other.zeroThreshold) {
      const zero = sharedZero(
        {
          schema: this.#schema,
          zeroThreshold: this.#zeroThreshold,
          zeroCount: this.#zero.sum,
          zeroCompensation: this.#zero.compensation,
          positive: this.#positive,
          negative: this.#negative,
        },
        { ...other, zeroCompensation: 0 },
      );
      zeroCount = zero.b.count;
      zeroCompensation = zero.b.compensation;
      this.#zero.sum = zero.a.count;
      this.#zero.compensation = zero.a.compensation;
      if (zero.a.threshold !== this.#zeroThreshold) {
        this.#zeroThreshold = zero.a.threshold;
        this.#positive = outside(this.#positive, this.#schema, this.#zeroThreshold);
        this.#negative = outside(this.#negative, this.#schema, this.#zeroThreshold);
      }
    }
    this.#zero.add(zeroCount);
    this.#zero.add(zeroCompensation);
    const schema = Math.min(this.#schema, other.schema);
    if (schema < this.#schema) {
      this.#positive = coarserSide(this.#positive, this.#schema - schema);
      this.#negative = coarserSide(this.#negative, this.#schema - schema);
      this.#schema = schema;
    }
    this.#positive = this.#merge(this.#positive, other.positive, other.schema - schema);
    this.#negative = this.#merge(this.#negative, other.negative, other.schema - schema);
  }

  #merge(side: Side, buckets: CompensatedBuckets, steps: number): Side {
    if (buckets.indexes.length === 0) return side;
    const same = steps === 0 ? buckets : coarserSide(buckets, steps);
    return mergeInto(side, same, firstBeyond(same, this.#schema, this.#zeroThreshold));
  }

  /** Multiplies all that was added so far. */
  scale(factor: number): void {
    for (const total of [this.#zero, this.#count, this.#sum]) {
      total.sum *= factor;
      total.compensation *= factor;
    }
    for (const side of [this.#positive, this.#negative]) {
      for (let at = 0; at < side.counts.length; at++) {
        side.counts[at]! *= factor;
        side.compensations[at]! *= factor;
      }
    }
  }

  /** True when a count has become infinite. */
  get overflows(): boolean {
    const infinite = (value: number): boolean => Math.abs(value) === Infinity;
    return (
      [this.#zero, this.#count, this.#sum].some(({ sum }) => infinite(sum)) ||
      this.#positive.counts.some(infinite) ||
      this.#negative.counts.some(infinite)
    );
  }

  /** A sum of its own with the same state. */
  copy(): HistogramSum {
    const copied = new HistogramSum(this.#histogram(1, (sum) => sum));
    for (const [to, from] of [
      [copied.#zero, this.#zero],
      [copied.#count, this.#count],
      [copied.#sum, this.#sum],
    ] as const)
      to.compensation = from.compensation;
    copied.#positive = sideOf(this.#positive);
    copied.#negative = sideOf(this.#negative);
    copied.hintsCollide = this.hintsCollide;
    copied.boundsReconciled = this.boundsReconciled;
    return copied;
  }

  get value(): FloatHistogram {
    return this.dividedBy(1);
  }

  /** The sum, divided by `divisor`. */
  dividedBy(divisor: number): FloatHistogram {
    return this.#histogram(divisor, (sum, compensation) => sum / divisor + compensation / divisor);
  }

  #histogram(divisor: number, value: (sum: number, compensation: number) => number): FloatHistogram {
    const buckets = ({ indexes, counts, compensations }: Side): CompensatedBuckets => ({
      indexes,
      counts: counts.map((count, at) => value(count, compensations[at]!)),
    });
    return {
      hint: divisor < 0 ? 'gauge' : this.#hint,
      schema: this.#schema,
      zeroThreshold: this.#zeroThreshold,
      zeroCount: value(this.#zero.sum, this.#zero.compensation),
      count: value(this.#count.sum, this.#count.compensation),
      sum: value(this.#sum.sum, this.#sum.compensation),
      positive: buckets(this.#positive),
      negative: buckets(this.#negative),
      customValues: this.#customValues,
    };
  }
}

/** A mean that switches to incremental calculation where the plain sum would overflow. */
export class HistogramMean {
  #sum: HistogramSum;
  #count = 1;
  #incremental = false;

  constructor(first: FloatHistogram) {
    this.#sum = new HistogramSum(first);
  }

  get hintsCollide(): boolean {
    return this.#sum.hintsCollide;
  }

  get boundsReconciled(): boolean {
    return this.#sum.boundsReconciled;
  }

  /** False, and nothing added, when one has exponential and the other custom buckets. */
  add(histogram: FloatHistogram): boolean {
    this.#count++;
    if (!this.#incremental) {
      const before = this.#sum.copy();
      if (!this.#sum.add(histogram)) return false;
      if (!this.#sum.overflows) return true;
      this.#incremental = true;
      before.scale(1 / (this.#count - 1));
      this.#sum = before;
    }
    this.#sum.scale((this.#count - 1) / this.#count);
    return this.#sum.add(divide(histogram, this.#count));
  }

  get value(): FloatHistogram {
    return this.#sum.dividedBy(this.#incremental ? 1 : this.#count);
  }
}

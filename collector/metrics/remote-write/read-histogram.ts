// One native histogram of remote write, checked as Prometheus checks it (Histogram.Validate, FloatHistogram.Validate). Integer buckets are deltas and
// become counts; resolutions above the highest that PromQL knows are reduced to it.
import type { HistogramBuckets, HistogramRow } from '#collector/store/tables/histograms-table.ts';
import { TWO_32 } from '#proto/model/halves.ts';
import { BUCKET_SPAN, HISTOGRAM } from '#proto/prometheus/fields.ts';
import { WireReader } from '#proto/wire/reader.ts';

const CUSTOM_BUCKETS_SCHEMA = -53;
const MIN_SCHEMA = -4;
const MAX_SCHEMA = 8;
/** Schemas up to here are reserved for exponential buckets. */
const MAX_RESERVED_SCHEMA = 52;
const STALE_HI = 0x7ff00000;
const STALE_LO = 2;

/** Its hint is the number of ResetHint. */
export type ReadHistogram = Omit<HistogramRow, 'idHi' | 'idLo'>;

export function isStaleHistogram({ sumHi, sumLo }: ReadHistogram): boolean {
  return sumHi === STALE_HI && sumLo === STALE_LO;
}

interface Side {
  /** Pairs of offset and length. */
  readonly spans: number[];
  readonly deltas: number[];
  readonly counts: number[];
}

/** Reads and checks the message bytes[from, to). @returns the histogram, or why it is refused @throws WireError */
export function readHistogram(bytes: Uint8Array, from: number, to: number): ReadHistogram | string {
  const reader = new WireReader(bytes, from, to);
  const positive: Side = { spans: [], deltas: [], counts: [] };
  const negative: Side = { spans: [], deltas: [], counts: [] };
  const customBounds: number[] = [];
  let [timeMs, startMs, hint, schema, zeroThreshold, zeroCount, count] = [0, 0, 0, 0, 0, 0, 0];
  let [sumHi, sumLo] = [0, 0];
  let isFloat = false;
  while (reader.next()) {
    switch (reader.fieldTag) {
      case HISTOGRAM.countInt:
        count = reader.unsignedNumber();
        break;
      case HISTOGRAM.countFloat:
        count = reader.asDouble();
        isFloat = true;
        break;
      case HISTOGRAM.sum:
        sumHi = reader.hi;
        sumLo = reader.lo;
        break;
      case HISTOGRAM.schema:
        schema = zigzag32(reader.lo);
        break;
      case HISTOGRAM.zeroThreshold:
        zeroThreshold = reader.asDouble();
        break;
      case HISTOGRAM.zeroCountInt:
        zeroCount = reader.unsignedNumber();
        break;
      case HISTOGRAM.zeroCountFloat:
        zeroCount = reader.asDouble();
        break;
      case HISTOGRAM.resetHint:
        hint = reader.lo;
        break;
      case HISTOGRAM.timestamp:
        timeMs = reader.signedNumber();
        break;
      case HISTOGRAM.startTimestamp:
        startMs = reader.signedNumber();
        break;
      case HISTOGRAM.customValues:
      case HISTOGRAM.customValue:
        readDoubles(reader, customBounds);
        break;
      default:
        readSide(reader, positive, negative);
    }
  }
  const read = { timeMs, startMs, hint: hint > 3 ? 0 : hint, zeroThreshold, zeroCount, count, sumHi, sumLo };
  const parts = { ...read, schema, positive: NONE, negative: NONE, customBounds };
  if (isStaleHistogram(parts)) return parts;
  const problem = problemOf(parts, positive, negative, isFloat);
  if (problem !== undefined) return problem;
  const counts = (side: Side): readonly number[] => (isFloat ? side.counts : countsOf(side.deltas));
  const sides = [positive, negative].map((side) => reduced(indexesOf(side.spans), counts(side), schema));
  return { ...parts, schema: Math.min(schema, MAX_SCHEMA), positive: sides[0]!, negative: sides[1]! };
}

const NONE: HistogramBuckets = { indexes: [], counts: [] };

function readSide(reader: WireReader, positive: Side, negative: Side): void {
  switch (reader.fieldTag) {
    case HISTOGRAM.positiveSpans:
      return readSpan(reader, positive.spans);
    case HISTOGRAM.negativeSpans:
      return readSpan(reader, negative.spans);
    case HISTOGRAM.positiveDeltas:
    case HISTOGRAM.positiveDelta:
      return readDeltas(reader, positive.deltas);
    case HISTOGRAM.negativeDeltas:
    case HISTOGRAM.negativeDelta:
      return readDeltas(reader, negative.deltas);
    case HISTOGRAM.positiveCounts:
    case HISTOGRAM.positiveCount:
      return readDoubles(reader, positive.counts);
    case HISTOGRAM.negativeCounts:
    case HISTOGRAM.negativeCount:
      return readDoubles(reader, negative.counts);
    default:
  }
}

function readSpan({ bytes, from, to }: WireReader, spans: number[]): void {
  const reader = new WireReader(bytes, from, to);
  let [offset, length] = [0, 0];
  while (reader.next()) {
    if (reader.fieldTag === BUCKET_SPAN.offset) offset = zigzag32(reader.lo);
    else if (reader.fieldTag === BUCKET_SPAN.length) length = reader.lo;
  }
  spans.push(offset, length);
}

/** Packed, or one of several fields. */
function readDoubles({ bytes, from, to }: WireReader, into: number[]): void {
  const reader = new WireReader(bytes, from, to);
  while (reader.pos < to) into.push(reader.double());
}

function readDeltas({ bytes, from, to }: WireReader, into: number[]): void {
  const reader = new WireReader(bytes, from, to);
  while (reader.pos < to) {
    reader.varint64();
    into.push(zigzag64(reader.hi, reader.lo));
  }
}

function zigzag32(value: number): number {
  return (value >>> 1) ^ -(value & 1);
}

/** Exact within ±2^53. */
function zigzag64(hi: number, lo: number): number {
  const half = (hi >>> 1) * TWO_32 + (((hi << 31) | (lo >>> 1)) >>> 0);
  return (lo & 1) === 1 ? -half - 1 : half;
}

function countsOf(deltas: readonly number[]): number[] {
  let count = 0;
  return deltas.map((delta) => (count += delta));
}

/** Only of spans whose lengths are those of the buckets. */
function indexesOf(spans: readonly number[]): number[] {
  const indexes: number[] = [];
  let index = 0;
  for (let at = 0; at < spans.length; at += 2) {
    index += spans[at]!;
    for (let left = spans[at + 1]!; left > 0; left--) indexes.push(index++);
  }
  return indexes;
}

/** With the resolution that PromQL knows at most: 2^n buckets become one. */
function reduced(indexes: readonly number[], counts: readonly number[], schema: number): HistogramBuckets {
  if (schema <= MAX_SCHEMA) return { indexes, counts };
  const factor = 2 ** (schema - MAX_SCHEMA);
  const merged = new Map<number, number>();
  for (const [at, index] of indexes.entries()) {
    const to = Math.floor((index - 1) / factor) + 1;
    merged.set(to, (merged.get(to) ?? 0) + counts[at]!);
  }
  return { indexes: [...merged.keys()], counts: [...merged.values()] };
}

function problemOf(
  histogram: Pick<
    ReadHistogram,
    'schema' | 'zeroCount' | 'zeroThreshold' | 'count' | 'customBounds' | 'sumHi' | 'sumLo'
  >,
  positive: Side,
  negative: Side,
  isFloat: boolean,
): string | undefined {
  const { schema, zeroCount, zeroThreshold, customBounds } = histogram;
  const buckets = (side: Side): readonly number[] => (isFloat ? side.counts : countsOf(side.deltas));
  if (schema === CUSTOM_BUCKETS_SCHEMA) {
    const custom = customProblem(customBounds, positive.spans, buckets(positive).length);
    if (custom !== undefined) return `custom buckets: ${custom}`;
    if (zeroCount !== 0) return 'custom buckets: must have zero count of 0';
    if (zeroThreshold !== 0) return 'custom buckets: must have zero threshold of 0';
    if (negative.spans.length > 0 || buckets(negative).length > 0)
      return 'custom buckets: must not have negative buckets';
  } else if (schema >= MIN_SCHEMA && schema <= MAX_RESERVED_SCHEMA) {
    if (customBounds.length > 0) return 'histogram with exponential schema must not have custom bounds';
    for (const [name, side] of [
      ['positive', positive],
      ['negative', negative],
    ] as const) {
      const problem = spanProblem(side.spans, buckets(side).length);
      if (problem !== undefined) return `${name} side: ${problem}`;
    }
  } else
    return `histogram has an invalid schema, which must be between ${MIN_SCHEMA} and ${MAX_SCHEMA} for exponential buckets, or ${CUSTOM_BUCKETS_SCHEMA} for custom buckets, got schema ${schema}`;
  return countProblem(histogram, buckets(positive), buckets(negative), isFloat);
}

function spanProblem(spans: readonly number[], buckets: number): string | undefined {
  let needed = 0;
  for (let at = 0; at < spans.length; at += 2) {
    if (at > 0 && spans[at]! < 0)
      return `span number ${at / 2 + 1} with offset ${spans[at]}: span has a negative offset`;
    needed += spans[at + 1]!;
  }
  return needed === buckets ? undefined : `spans need ${needed} buckets, have ${buckets} buckets`;
}

function customProblem(bounds: readonly number[], spans: readonly number[], buckets: number): string | undefined {
  for (const [at, bound] of bounds.entries()) {
    if (Number.isNaN(bound)) return 'a bound is NaN';
    if (at > 0 && bound <= bounds[at - 1]!)
      return `previous bound is ${bounds[at - 1]} and current is ${bound}: bounds must ascend`;
  }
  if (bounds.at(-1) === Infinity) return 'last +Inf bound must not be explicitly defined';
  if ((spans[0] ?? 0) < 0) return `span number 1 with offset ${spans[0]}: span has a negative offset`;
  const problem = spanProblem(spans, buckets);
  if (problem !== undefined) return problem;
  let total = 0;
  for (const part of spans) total += part;
  return bounds.length + 1 < total
    ? `only ${bounds.length} custom bounds defined for a total span length of ${total}`
    : undefined;
}

function countProblem(
  { count, zeroCount, sumHi, sumLo }: Pick<ReadHistogram, 'count' | 'zeroCount' | 'sumHi' | 'sumLo'>,
  positive: readonly number[],
  negative: readonly number[],
  isFloat: boolean,
): string | undefined {
  let found = zeroCount;
  for (const [name, counts] of [
    ['positive', positive],
    ['negative', negative],
  ] as const) {
    for (const [at, bucket] of counts.entries()) {
      if (bucket < 0)
        return `${name} side: bucket number ${at + 1} has observation count of ${bucket}: must not be negative`;
      found += bucket;
    }
  }
  if (count < 0) return `observation count is ${count}: must not be negative`;
  if (zeroCount < 0) return `zero bucket has observation count of ${zeroCount}: must not be negative`;
  // Counts of floats need not be exact; above 2^53 integers are not either.
  if (isFloat || !Number.isSafeInteger(count) || !Number.isSafeInteger(found)) return undefined;
  const sumIsNaN = (sumHi & 0x7ff00000) === 0x7ff00000 && ((sumHi & 0xfffff) !== 0 || sumLo !== 0);
  const fits = sumIsNaN ? found <= count : found === count;
  return fits ? undefined : `${found} observations found in buckets, but the Count field is ${count}`;
}

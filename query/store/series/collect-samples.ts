// Samples of many series as ClickHouse sends them, the samples of a series in one row → ascending arrays of each series. No sample is ever an object.
import type { NativeBlock } from '../native-blocks.ts';
import { copyStretches, SharedTimes } from './shared-times.ts';

const TWO_32 = 2 ** 32;

/** Columns of a block and their types. */
export interface SampleColumns {
  /** Constant text: id, milliseconds since {first_ms:Int64}, values, and start times in Unix ms (0: unknown) where they are looked at. */
  readonly columns: string;
  readonly types: readonly string[];
}

/** @param spanMs from the first to the last time that is asked for */
export function sampleColumns(spanMs: number, withStartTimes: boolean): SampleColumns {
  const offset = spanMs < TWO_32 ? 'UInt32' : 'UInt64';
  const starts = withStartTimes ? ', groupArray(toUnixTimestamp64Milli(start))' : '';
  return {
    columns: `id, groupArray(to${offset}(toUnixTimestamp64Milli(ts) - {first_ms:Int64})), groupArray(value)${starts}`,
    types: ['UInt64', `Array(${offset})`, 'Array(Float64)', ...(withStartTimes ? ['Array(Int64)'] : [])],
  };
}

export interface CollectedSamples {
  /** Unix milliseconds, strictly ascending. */
  readonly timesMs: Float64Array;
  /** NaN keep their bits. */
  readonly values: Float64Array;
  /** Absent where no sample has one, or nobody looks at them. */
  readonly startTimesMs?: Float64Array;
}

export class SampleCollector {
  readonly #firstMs: number;
  readonly #times: SharedTimes;
  readonly #series = new Map<bigint, CollectedSamples>();
  #samples = 0;

  /** @param firstMs times are counted from here */
  constructor(firstMs: number) {
    this.#firstMs = firstMs;
    this.#times = new SharedTimes(firstMs);
  }

  /** Samples so far, those at equal times counted each. */
  get samples(): number {
    return this.#samples;
  }

  /** Series by id. */
  get series(): ReadonlyMap<bigint, CollectedSamples> {
    return this.#series;
  }

  /** HOT: copies what the block holds, series by series, into memory that they share. */
  add({ rows, columns, ends }: NativeBlock): void {
    if (rows === 0) return;
    const ids = new BigUint64Array(columns[0]!.buffer, 0, rows);
    const rowEnds = new Uint32Array(ends[1]!.buffer); // of 64 bits each; a block has far less than 2^32 cells
    const samples = rowEnds[2 * rows - 2]!;
    const isNarrow = columns[1]!.byteLength === samples * Uint32Array.BYTES_PER_ELEMENT;
    const offsets = isNarrow ? new Uint32Array(columns[1]!.buffer, 0, samples) : timesOf(columns[1]!, samples);
    const values = new Float64Array(columns[2]!.buffer, 0, samples);
    const starts = startsOf(columns[3], samples);
    const ordered = new Float64Array(samples);
    const orderedStarts = starts && new Float64Array(samples);
    this.#samples += samples;
    let from = 0;
    for (let row = 0; row < rows; row++) {
      const to = rowEnds[2 * row]!;
      const { timesMs, stretches } = this.#times.of(offsets.subarray(from, to));
      const end = from + timesMs.length;
      const inOrder = (source: Float64Array, into: Float64Array): Float64Array => {
        const own = into.subarray(from, end);
        copyStretches(source.subarray(from, to), stretches, own);
        return own;
      };
      this.#addSeries(ids[row]!, {
        timesMs,
        values: inOrder(values, ordered),
        ...(starts && orderedStarts && { startTimesMs: inOrder(starts, orderedStarts) }),
      });
      from = to;
    }
  }

  #addSeries(id: bigint, samples: CollectedSamples): void {
    const before = this.#series.get(id);
    this.#series.set(id, before === undefined ? samples : this.#joined(before, samples));
  }

  /** Of a series that has come in two rows. */
  #joined(a: CollectedSamples, b: CollectedSamples): CollectedSamples {
    const { timesMs, stretches } = this.#times.of(
      both(a, b, (one) => one.timesMs).map((timeMs) => timeMs - this.#firstMs),
    );
    const inOrder = (pick: (one: CollectedSamples) => Float64Array | undefined): Float64Array => {
      const own = new Float64Array(timesMs.length);
      copyStretches(both(a, b, pick), stretches, own);
      return own;
    };
    const hasStarts = a.startTimesMs !== undefined || b.startTimesMs !== undefined;
    return {
      timesMs,
      values: inOrder(({ values }) => values),
      ...(hasStarts && { startTimesMs: inOrder(({ startTimesMs }) => startTimesMs) }),
    };
  }
}

/** Undefined where no sample has one. */
function startsOf(cells: Uint8Array<ArrayBuffer> | undefined, samples: number): Float64Array | undefined {
  const starts = cells === undefined ? undefined : timesOf(cells, samples);
  return starts?.some((startMs) => startMs !== 0) === true ? starts : undefined;
}

/** What both have, zeros where one has nothing. */
function both(
  a: CollectedSamples,
  b: CollectedSamples,
  pick: (one: CollectedSamples) => Float64Array | undefined,
): Float64Array {
  const all = new Float64Array(a.timesMs.length + b.timesMs.length);
  all.set(pick(a) ?? []);
  all.set(pick(b) ?? [], a.timesMs.length);
  return all;
}

/** Int64 to the numbers that times are, in their place; DateTime64(3) is far below 2^53. */
export function timesOf({ buffer }: Uint8Array<ArrayBuffer>, rows: number): Float64Array {
  const low = new Uint32Array(buffer);
  const high = new Int32Array(buffer);
  const timesMs = new Float64Array(buffer, 0, rows); // each cell is read before it is written
  for (let row = 0; row < rows; row++) timesMs[row] = high[2 * row + 1]! * TWO_32 + low[2 * row]!;
  return timesMs;
}

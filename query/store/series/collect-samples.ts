// Samples of many series as ClickHouse sends them, in blocks of columns → ascending arrays of each series. No sample is ever an object.
import type { NativeBlock } from '../native-blocks.ts';

/** Columns of a block, in this order: id, time in Unix ms, value, start time in Unix ms (0: unknown). */
export const SAMPLE_COLUMNS = 'id, toUnixTimestamp64Milli(ts), value, toUnixTimestamp64Milli(start)';
export const SAMPLE_TYPES = ['UInt64', 'Int64', 'Float64', 'Int64'] as const;
const TWO_32 = 2 ** 32;

/** Samples of one series that stood together in a block. */
interface Run {
  readonly timesMs: Float64Array;
  readonly values: Float64Array;
  readonly startTimesMs: Float64Array;
}

export interface CollectedSamples {
  /** Unix milliseconds, strictly ascending. */
  readonly timesMs: Float64Array;
  /** NaN keep their bits. */
  readonly values: Float64Array;
  /** Absent where no sample has one. */
  readonly startTimesMs?: Float64Array;
}

export class SampleCollector {
  readonly #runs = new Map<bigint, Run[]>();
  #samples = 0;

  /** Samples so far, those at equal times counted each. */
  get samples(): number {
    return this.#samples;
  }

  /** HOT */
  add({ rows, columns }: NativeBlock): void {
    const ids = new BigUint64Array(columns[0]!);
    const idWords = new Uint32Array(columns[0]!);
    const timesMs = timesOf(columns[1]!, rows);
    const values = new Float64Array(columns[2]!);
    const startTimesMs = timesOf(columns[3]!, rows);
    this.#samples += rows;
    for (let from = 0; from < rows;) {
      const low = idWords[2 * from]!;
      const high = idWords[2 * from + 1]!;
      let to = from + 1;
      while (to < rows && idWords[2 * to] === low && idWords[2 * to + 1] === high) to++;
      const run: Run = {
        timesMs: timesMs.subarray(from, to),
        values: values.subarray(from, to),
        startTimesMs: startTimesMs.subarray(from, to),
      };
      const id = ids[from]!;
      const runs = this.#runs.get(id);
      if (runs === undefined) this.#runs.set(id, [run]);
      else runs.push(run);
      from = to;
    }
  }

  /** Series by id; each is put together when its turn comes, and forgotten here. */
  *series(): Generator<readonly [id: bigint, samples: CollectedSamples]> {
    for (const [id, runs] of this.#runs) {
      this.#runs.delete(id);
      yield [id, ascending(joined(runs))];
    }
  }
}

/** Int64 to the numbers that times are; DateTime64(3) is far below 2^53. */
export function timesOf(cells: ArrayBuffer, rows: number): Float64Array {
  const low = new Uint32Array(cells);
  const high = new Int32Array(cells);
  const timesMs = new Float64Array(cells); // each cell is read before it is written
  for (let row = 0; row < rows; row++) timesMs[row] = high[2 * row + 1]! * TWO_32 + low[2 * row]!;
  return timesMs;
}

/** Parts of the table come one after the other, blocks of one part in their order: runs in the order of their beginnings are nearly always ascending. */
function joined(runs: Run[]): Run {
  runs.sort((a, b) => a.timesMs[0]! - b.timesMs[0]!);
  let length = 0;
  for (const run of runs) length += run.timesMs.length;
  const all: Run = {
    timesMs: new Float64Array(length),
    values: new Float64Array(length),
    startTimesMs: new Float64Array(length),
  };
  let at = 0;
  for (const run of runs) {
    all.timesMs.set(run.timesMs, at);
    all.values.set(run.values, at);
    all.startTimesMs.set(run.startTimesMs, at);
    at += run.timesMs.length;
  }
  return all;
}

/** Sorted by time where needed; of samples at the same time the last one stays. */
function ascending(run: Run): CollectedSamples {
  const { timesMs, values } = run;
  const startTimesMs = run.startTimesMs.some((startMs) => startMs !== 0) ? run.startTimesMs : undefined;
  let at = 1;
  while (at < timesMs.length && timesMs[at - 1]! < timesMs[at]!) at++;
  if (at >= timesMs.length) return { timesMs, values, ...(startTimesMs && { startTimesMs }) };
  const order = Uint32Array.from(timesMs, (_, place) => place).sort((a, b) => timesMs[a]! - timesMs[b]! || a - b);
  const kept = order.filter((from, place) => timesMs[from] !== timesMs[order[place + 1] ?? -1]);
  // Words, because a NaN that is read as a number may lose its bits.
  const from = new BigUint64Array(values.buffer, values.byteOffset, values.length);
  const bits = BigUint64Array.from(kept, (place) => from[place]!);
  const pick = (source: Float64Array): Float64Array => Float64Array.from(kept, (place) => source[place]!);
  return {
    timesMs: pick(timesMs),
    values: new Float64Array(bits.buffer),
    ...(startTimesMs && { startTimesMs: pick(startTimesMs) }),
  };
}

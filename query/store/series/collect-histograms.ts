// Native histograms of many series as ClickHouse sends them, in blocks of columns, and a series of floats and histograms in one order of time.
import { TWO_32 } from '#proto/model/halves.ts';
import type { CounterResetHint, FloatHistogram } from '#query/promql/histogram/float-histogram.ts';
import type { Samples } from '#query/promql/storage.ts';
import type { NativeBlock } from '../native-blocks.ts';
import { timesOf, type CollectedSamples } from './collect-samples.ts';

/** Columns of a block, in this order. */
export const HISTOGRAM_COLUMNS =
  'id, toUnixTimestamp64Milli(ts), toUnixTimestamp64Milli(start), toUInt64(hint), schema, zero_threshold, zero_count, count, sum, ' +
  'positive_indexes, positive_counts, negative_indexes, negative_counts, custom_bounds';
export const HISTOGRAM_TYPES = [
  'UInt64',
  'Int64',
  'Int64',
  'UInt64',
  'Int64',
  'Float64',
  'Float64',
  'Float64',
  'Float64',
  'Array(Int64)',
  'Array(Float64)',
  'Array(Int64)',
  'Array(Float64)',
  'Array(Float64)',
] as const;

/** By the number that is stored. */
const HINTS: readonly CounterResetHint[] = ['unknown', 'reset', 'not_reset', 'gauge'];

interface HistogramSample {
  readonly timeMs: number;
  readonly startMs: number;
  readonly histogram: FloatHistogram;
}

export class HistogramCollector {
  readonly #series = new Map<bigint, HistogramSample[]>();
  #samples = 0;

  get samples(): number {
    return this.#samples;
  }

  add({ rows, columns, ends }: NativeBlock): void {
    const ids = new BigUint64Array(columns[0]!.buffer);
    const timesMs = timesOf(columns[1]!, rows);
    const startTimesMs = timesOf(columns[2]!, rows);
    const hints = new Uint32Array(columns[3]!.buffer);
    const schemas = new Int32Array(columns[4]!.buffer);
    const [zeroThresholds, zeroCounts, counts, sums] = [5, 6, 7, 8].map((at) => new Float64Array(columns[at]!.buffer));
    const arrays = [9, 10, 11, 12, 13].map((at) =>
      arrayCells(columns[at]!, ends[at]!, HISTOGRAM_TYPES[at] === 'Array(Int64)'),
    );
    const [positiveIndexes, positiveCounts, negativeIndexes, negativeCounts, customBounds] = arrays;
    this.#samples += rows;
    for (let row = 0; row < rows; row++) {
      const histogram: FloatHistogram = {
        hint: HINTS[hints[2 * row]!] ?? 'unknown',
        schema: schemas[2 * row]!,
        zeroThreshold: zeroThresholds![row]!,
        zeroCount: zeroCounts![row]!,
        count: counts![row]!,
        sum: sums![row]!,
        positive: { indexes: positiveIndexes!(row), counts: positiveCounts!(row) },
        negative: { indexes: negativeIndexes!(row), counts: negativeCounts!(row) },
        customValues: customBounds!(row),
      };
      const sample = { timeMs: timesMs[row]!, startMs: startTimesMs[row]!, histogram };
      const known = this.#series.get(ids[row]!);
      if (known === undefined) this.#series.set(ids[row]!, [sample]);
      else known.push(sample);
    }
  }

  ids(): Iterable<bigint> {
    return this.#series.keys();
  }

  /** The series with its histograms, in the order of time; at the same time the one that came last, and a histogram before a float. */
  joined(id: bigint, floats: CollectedSamples | undefined): Samples {
    const own = this.#series.get(id);
    if (own === undefined) return floats ?? { timesMs: new Float64Array(), values: new Float64Array() };
    own.sort((a, b) => a.timeMs - b.timeMs);
    const histograms = own.filter(({ timeMs }, at) => timeMs !== own[at + 1]?.timeMs);
    return floats === undefined ? merged(NO_FLOATS, histograms) : merged(floats, histograms);
  }
}

const NO_FLOATS: CollectedSamples = { timesMs: new Float64Array(), values: new Float64Array() };

function merged(floats: CollectedSamples, histograms: readonly HistogramSample[]): Samples {
  const most = floats.timesMs.length + histograms.length;
  const timesMs = new Float64Array(most);
  const bits = new BigUint64Array(most);
  const startTimesMs = new Float64Array(most);
  const column: (FloatHistogram | undefined)[] = [];
  const floatBits = new BigUint64Array(floats.values.buffer, floats.values.byteOffset, floats.values.length);
  let [float, histogram] = [0, 0];
  for (;;) {
    const floatMs = floats.timesMs[float] ?? Infinity;
    const next = histograms[histogram];
    if (next === undefined && floatMs === Infinity) break;
    const at = column.length;
    if (next !== undefined && next.timeMs <= floatMs) {
      if (next.timeMs === floatMs) float++;
      histogram++;
      timesMs[at] = next.timeMs;
      startTimesMs[at] = next.startMs;
      column.push(next.histogram);
    } else {
      timesMs[at] = floatMs;
      bits[at] = floatBits[float]!;
      startTimesMs[at] = floats.startTimesMs?.[float] ?? 0;
      column.push(undefined);
      float++;
    }
  }
  const length = column.length;
  return {
    timesMs: timesMs.slice(0, length),
    values: new Float64Array(bits.buffer).slice(0, length),
    histograms: column,
    ...(startTimesMs.some((startMs) => startMs !== 0) && { startTimesMs: startTimesMs.slice(0, length) }),
  };
}

/** Reads the cells of a row. Int64 are small enough for numbers. */
function arrayCells(
  cells: Uint8Array<ArrayBuffer>,
  ends: Uint8Array<ArrayBuffer>,
  isInt: boolean,
): (row: number) => number[] {
  const words = new Uint32Array(ends.buffer);
  const end = (row: number): number => (row < 0 ? 0 : words[2 * row]! + words[2 * row + 1]! * TWO_32);
  const values = isInt ? timesOf(cells, cells.byteLength / 8) : new Float64Array(cells.buffer);
  return (row) => Array.from(values.subarray(end(row - 1), end(row)));
}

// Encodes native histograms by series id.
import { HISTOGRAMS_TABLE } from '#proto/tables/histograms.ts';
import type { UInt32Column, FixedWidthColumn } from '../columns/fixed-columns.ts';
import { BlockTable } from './block-table.ts';

/** Buckets of one side, ascending. */
export interface HistogramBuckets {
  readonly indexes: readonly number[];
  readonly counts: readonly number[];
}

export interface HistogramRow {
  readonly idHi: number;
  readonly idLo: number;
  /** Unix ms. */
  readonly timeMs: number;
  /** 0 when unknown. */
  readonly startMs: number;
  /** 0 unknown, 1 reset, 2 no reset, 3 gauge. */
  readonly hint: number;
  /** -4 … 8, or -53 for custom bounds. */
  readonly schema: number;
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly count: number;
  /** Bits of the sum. */
  readonly sumHi: number;
  readonly sumLo: number;
  readonly positive: HistogramBuckets;
  readonly negative: HistogramBuckets;
  readonly customBounds: readonly number[];
}

/** So many bytes of a row for each bucket: it may have a hundred thousand of them. */
const BYTES_OF_BUCKET = 16;

export class HistogramsTable extends BlockTable<typeof HISTOGRAMS_TABLE> {
  constructor() {
    super(HISTOGRAMS_TABLE);
  }

  append(row: HistogramRow): void {
    const { columns } = this;
    columns.id.appendHalves(row.idHi, row.idLo);
    columns.ts.append(row.timeMs);
    columns.start.append(row.startMs);
    columns.hint.append(row.hint);
    columns.schema.append(row.schema);
    columns.zero_threshold.append(row.zeroThreshold);
    columns.zero_count.append(row.zeroCount);
    columns.count.append(row.count);
    columns.sum.appendBits(row.sumHi, row.sumLo);
    appendAll(columns.positive_indexes, row.positive.indexes);
    appendAll(columns.positive_counts, row.positive.counts);
    appendAll(columns.negative_indexes, row.negative.indexes);
    appendAll(columns.negative_counts, row.negative.counts);
    appendAll(columns.custom_bounds, row.customBounds);
    this.endRow((row.positive.counts.length + row.negative.counts.length) * BYTES_OF_BUCKET);
  }

  protected override audited(): { readonly writer: UInt32Column; readonly of: FixedWidthColumn } {
    return { writer: this.columns.writer, of: this.columns.id };
  }
}

interface NumberArrayColumn {
  readonly inner: readonly [{ append(value: number): void }];
  endRow(): void;
}

function appendAll(column: NumberArrayColumn, values: readonly number[]): void {
  for (const value of values) column.inner[0].append(value);
  column.endRow();
}

// The table `histograms`: native histograms, beside the float samples of `samples`.
import { WRITER_COLUMN } from './shared-columns.ts';
import type { Table } from './table.ts';

export const HISTOGRAMS_TABLE = {
  name: 'histograms',
  about: [
    'Native histograms of metrics that came by remote write; their staleness markers are rows of `samples`.',
    'Bucket i of an exponential schema ends at 2^(i / 2^schema); of custom bounds (schema -53) at the bound i, counted from 0.',
  ],
  signal: 'metrics',
  columns: {
    id: { type: 'UInt64' },
    ts: { type: 'DateTime64(3)', codec: 'Delta, ZSTD(1)' },
    start: { type: 'DateTime64(3)', codec: 'Delta, ZSTD(1)', about: 'when counting began, 0 when unknown' },
    hint: { type: 'UInt8', codec: 'ZSTD(1)', about: 'counter reset: 0 unknown, 1 reset, 2 none, 3 a gauge' },
    schema: { type: 'Int64', codec: 'ZSTD(1)', about: '-4 to 8, or -53: custom bounds' },
    zero_threshold: { type: 'Float64', codec: 'ZSTD(1)' },
    zero_count: { type: 'Float64', codec: 'ZSTD(1)' },
    count: { type: 'Float64', codec: 'ZSTD(1)' },
    sum: { type: 'Float64', codec: 'ZSTD(1)' },
    positive_indexes: { type: 'Array(Int64)', codec: 'ZSTD(1)' },
    positive_counts: { type: 'Array(Float64)', codec: 'ZSTD(1)' },
    negative_indexes: { type: 'Array(Int64)', codec: 'ZSTD(1)' },
    negative_counts: { type: 'Array(Float64)', codec: 'ZSTD(1)' },
    custom_bounds: { type: 'Array(Float64)', codec: 'ZSTD(1)' },
    stored_at: { type: 'DateTime' },
    writer: WRITER_COLUMN,
  },
  engine: 'MergeTree',
  partitionBy: 'toDate(stored_at)',
  orderBy: '(id, ts)',
  keep: 'metrics',
} as const satisfies Table;

// The table `samples`: samples of metrics.
import { WRITER_COLUMN } from './shared-columns.ts';
import type { Table } from './table.ts';

export const SAMPLES_TABLE = {
  name: 'samples',
  about: ['Samples of metrics.'],
  signal: 'metrics',
  columns: {
    id: { type: 'UInt64' },
    ts: { type: 'DateTime64(3)', codec: 'Delta, ZSTD(1)' },
    value: {
      type: 'Float64',
      codec: 'Gorilla, ZSTD(1)',
      about: 'keeps the bits of NaN, and so the stale marker of Prometheus',
    },
    start: { type: 'DateTime64(3)', codec: 'Delta, ZSTD(1)', about: "the counter's creation time, 0 when unknown" },
    stored_at: { type: 'DateTime' },
    writer: WRITER_COLUMN,
  },
  engine: 'MergeTree',
  partitionBy: 'toDate(stored_at)',
  orderBy: '(id, ts)',
  keep: 'metrics',
} as const satisfies Table;

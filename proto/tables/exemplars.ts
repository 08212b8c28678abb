// The table `exemplars`: exemplars of metrics.
import type { Table } from './table.ts';

export const EXEMPLARS_TABLE = {
  name: 'exemplars',
  about: ['Exemplars of metrics.'],
  signal: 'metrics',
  columns: {
    id: { type: 'UInt64' },
    ts: { type: 'DateTime64(3)' },
    value: { type: 'Float64' },
    trace_id: { type: 'FixedString(16)' },
    span_id: { type: 'FixedString(8)' },
    labels: { type: 'Map(String, String)', stored: 'Map(LowCardinality(String), String)' },
    stored_at: { type: 'DateTime' },
  },
  engine: 'MergeTree',
  partitionBy: 'toDate(stored_at)',
  orderBy: '(id, ts)',
  keep: 'traces',
} as const satisfies Table;

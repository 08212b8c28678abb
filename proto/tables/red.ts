// The table `red`: rate, errors and duration of all spans.
import type { Table } from './table.ts';

export const RED_TABLE = {
  name: 'red',
  about: [
    'Rate, errors and duration of all spans.',
    'Per service, span name, kind and status, from 100 % of spans.',
    'Rows are increments of one flush: sum them.',
  ],
  signal: 'traces',
  columns: {
    time: { type: 'DateTime' },
    service: { type: 'LowCardinality(String)' },
    name: { type: 'LowCardinality(String)' },
    kind: { type: 'UInt8' },
    status: { type: 'UInt8' },
    stored_at: { type: 'DateTime', merge: 'max' },
    calls: { type: 'UInt64', merge: 'sum' },
    duration_sum_ns: { type: 'Float64', merge: 'sum' },
    duration_buckets: {
      type: 'Map(UInt32, UInt64)',
      merge: 'sumMap',
      about: 'upper bound in µs (4294967295 = +Inf) to spans in that bucket, not cumulative',
    },
  },
  engine: 'AggregatingMergeTree',
  orderBy: '(time, service, name, kind, status)',
  keep: 'metrics',
} as const satisfies Table;

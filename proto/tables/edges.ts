// The table `edges`: calls between services.
import type { Table } from './table.ts';

export const EDGES_TABLE = {
  name: 'edges',
  about: ['Calls between services.', 'Per minute, from 100 % of spans, kept or not.', 'Rows are increments: sum them.'],
  signal: 'traces',
  columns: {
    minute: { type: 'DateTime' },
    caller: { type: 'LowCardinality(String)' },
    callee: { type: 'LowCardinality(String)', about: 'a service, or the name of a database or queue' },
    kind: { type: 'LowCardinality(String)', about: 'rpc, db, queue, external, internal' },
    stored_at: { type: 'DateTime', merge: 'max' },
    calls: { type: 'UInt64', merge: 'sum' },
    errors: { type: 'UInt64', merge: 'sum' },
    client_server_calls: { type: 'UInt64', merge: 'sum' },
    duration_sum_ns: { type: 'Float64', merge: 'sum' },
    duration_buckets: {
      type: 'Map(UInt32, UInt64)',
      merge: 'sumMap',
      about: 'upper bound in µs (4294967295 = +Inf) to calls in that bucket, not cumulative',
    },
    lag_count: { type: 'UInt64', merge: 'sum' },
    lag_sum_ns: { type: 'Float64', merge: 'sum' },
  },
  engine: 'AggregatingMergeTree',
  orderBy: '(minute, caller, callee, kind)',
  keep: 'metrics',
} as const satisfies Table;

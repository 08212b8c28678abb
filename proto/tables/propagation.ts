// The table `propagation`: where trace context goes wrong.
import type { Table } from './table.ts';

export const PROPAGATION_TABLE = {
  name: 'propagation',
  about: [
    'Where trace context goes wrong.',
    'From 100 % of traces, kept or not.',
    'Rows are increments of one flush: sum them.',
  ],
  signal: 'traces',
  columns: {
    minute: { type: 'DateTime' },
    cause: {
      type: 'LowCardinality(String)',
      about: 'lost, lost_on_retry, leaked, queue_parent, sampling_differs, no_host',
    },
    caller: { type: 'LowCardinality(String)' },
    callee: { type: 'LowCardinality(String)' },
    stored_at: { type: 'DateTime', merge: 'max' },
    problems: { type: 'UInt64', merge: 'sum' },
    of: {
      type: 'UInt64',
      merge: 'sum',
      about: 'what the problems are a part of: calls of the pair, or spans of the callee where there is no pair',
    },
    example: { type: 'FixedString(16)', merge: 'max', about: 'some trace, zeros for none' },
    kept_example: { type: 'FixedString(16)', merge: 'max', about: 'one that is stored, zeros for none' },
  },
  engine: 'AggregatingMergeTree',
  orderBy: '(minute, cause, caller, callee)',
  keep: 'metrics',
} as const satisfies Table;

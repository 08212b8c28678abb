// The table `reconstruction`: what traces were repaired for.
import type { Table } from './table.ts';

export const RECONSTRUCTION_TABLE = {
  name: 'reconstruction',
  about: [
    'What traces were repaired for.',
    'From 100 % of traces, kept or not.',
    'Rows are increments of one flush: sum them.',
    'A trace counts once per row of its service and kind.',
  ],
  signal: 'traces',
  columns: {
    minute: { type: 'DateTime' },
    service: { type: 'LowCardinality(String)' },
    kind: { type: 'LowCardinality(String)', about: 'kind of warning: missing_parent, duplicate_span, …' },
    stored_at: { type: 'DateTime', merge: 'max' },
    traces: { type: 'UInt64', merge: 'sum' },
    spans: { type: 'UInt64', merge: 'sum', about: 'where the repair was made' },
    example: { type: 'FixedString(16)', merge: 'max', about: 'some trace, zeros for none' },
    kept_example: { type: 'FixedString(16)', merge: 'max', about: 'one that is stored, zeros for none' },
  },
  engine: 'AggregatingMergeTree',
  orderBy: '(minute, service, kind)',
  keep: 'metrics',
} as const satisfies Table;

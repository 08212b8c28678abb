// The table `series`: labels of metrics.
import type { Table } from './table.ts';

export const SERIES_TABLE = {
  name: 'series',
  about: ['Labels of metrics.', 'The labels of a metric once; samples refer to them by id.'],
  signal: 'metrics',
  columns: {
    name: { type: 'String', stored: 'LowCardinality(String)' },
    id: { type: 'UInt64', about: 'first 8 bytes (big endian) of SHA-256 over name and sorted labels, NUL-separated' },
    labels: { type: 'Map(String, String)', merge: 'anyLast' },
    kind: { type: 'String', merge: 'anyLast' },
    unit: { type: 'String', merge: 'anyLast' },
    help: { type: 'String', merge: 'anyLast' },
    first_seen: { type: 'DateTime64(3)', merge: 'min' },
    last_seen: { type: 'DateTime64(3)', merge: 'max' },
    stored_at: { type: 'DateTime', merge: 'max' },
  },
  engine: 'AggregatingMergeTree',
  orderBy: '(name, id)',
  keep: 'series',
} as const satisfies Table;

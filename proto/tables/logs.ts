// The table `logs`: log records.
import { ATTRIBUTE_COLUMNS, SEARCHED_COLUMNS, SEARCHED_INDEXES, WRITER_COLUMN } from './shared-columns.ts';
import type { Table } from './table.ts';

export const LOGS_TABLE = {
  name: 'logs',
  about: ['Log records.'],
  signal: 'logs',
  columns: {
    ts: { type: 'DateTime64(9)' },
    observed: { type: 'DateTime64(9)' },
    stored_at: { type: 'DateTime' },
    trace_id: { type: 'FixedString(16)' },
    span_id: { type: 'FixedString(8)' },
    service: { type: 'LowCardinality(String)' },
    severity: { type: 'UInt8' },
    severity_text: { type: 'LowCardinality(String)' },
    event_name: { type: 'LowCardinality(String)' },
    body: { type: 'String', about: 'strings as they are, other AnyValue types as OTLP/JSON' },
    body_type: { type: 'UInt8', about: 'as in attr_types' },
    flags: { type: 'UInt32' },
    weight: { type: 'Float64' },
    resource_id: { type: 'UInt64' },
    scope_id: { type: 'UInt64' },
    ...ATTRIBUTE_COLUMNS,
    dropped_attributes: { type: 'UInt32' },
    ...SEARCHED_COLUMNS,
    writer: WRITER_COLUMN,
  },
  indexes: [
    "body_text body TYPE text(tokenizer = 'splitByNonAlpha')",
    ...SEARCHED_INDEXES,
    'trace_bloom trace_id TYPE bloom_filter(0.01)',
  ],
  engine: 'MergeTree',
  partitionBy: 'toDate(stored_at)',
  orderBy: '(service, toStartOfHour(ts), ts)',
  keep: 'logs',
} as const satisfies Table;

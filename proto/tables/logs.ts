// The table `logs`: log records.
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
    attr_keys: {
      type: 'Array(LowCardinality(String))',
      about: 'attributes keep wire order and type in three parallel arrays',
    },
    attr_types: {
      type: 'Array(UInt8)',
      about:
        'number of the field of OTLP AnyValue: 0 unset, 1 string, 2 bool, 3 int, 4 double, 5 array, 6 kvlist, 7 bytes',
    },
    attr_values: { type: 'Array(String)', about: 'text; arrays and kvlists as OTLP/JSON, bytes as base64' },
    dropped_attributes: { type: 'UInt32' },
    items: { type: 'Array(String)', materialized: "arrayMap((k, v) -> concat(k, '=', v), attr_keys, attr_values)" },
    writer: {
      type: 'UInt32',
      default: '0',
      about:
        'which collector wrote the row, a number made of its install id (0: a version before); with stored_at it says which block the row came with',
    },
  },
  indexes: [
    "body_text body TYPE text(tokenizer = 'splitByNonAlpha')",
    "items_text items TYPE text(tokenizer = 'array')",
    'trace_bloom trace_id TYPE bloom_filter(0.01)',
  ],
  engine: 'MergeTree',
  partitionBy: 'toDate(stored_at)',
  orderBy: '(service, toStartOfHour(ts), ts)',
  keep: 'logs',
} as const satisfies Table;

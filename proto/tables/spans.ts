// The table `spans`: a row per kept span.
import type { Table } from './table.ts';

export const SPANS_TABLE = {
  name: 'spans',
  about: ['A row per kept span.'],
  signal: 'traces',
  columns: {
    trace_id: { type: 'FixedString(16)' },
    trace_start: { type: 'DateTime64(9)' },
    stored_at: { type: 'DateTime' },
    start: { type: 'DateTime64(9)', codec: 'Delta, ZSTD(1)' },
    duration_ns: { type: 'Int64', codec: 'T64, ZSTD(1)' },
    skew_ns: { type: 'Int64', codec: 'T64, ZSTD(1)' },
    skew_error_ns: { type: 'Int64', codec: 'T64, ZSTD(1)' },
    span_id: { type: 'FixedString(8)' },
    parent_span_id: { type: 'FixedString(8)' },
    service: { type: 'LowCardinality(String)' },
    name: { type: 'LowCardinality(String)' },
    kind: { type: 'UInt8' },
    status_code: { type: 'UInt8' },
    status_message: { type: 'String' },
    flags: { type: 'UInt32' },
    trace_state: { type: 'String' },
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
    event_names: { type: 'Array(LowCardinality(String))' },
    events: { type: 'Array(String)', about: 'OTLP Span.Event messages as they came' },
    links: { type: 'Array(String)', about: 'OTLP Span.Link messages as they came' },
    dropped_attributes: { type: 'UInt32' },
    dropped_events: { type: 'UInt32' },
    dropped_links: { type: 'UInt32' },
    items: { type: 'Array(String)', materialized: "arrayMap((k, v) -> concat(k, '=', v), attr_keys, attr_values)" },
    writer: {
      type: 'UInt32',
      default: '0',
      about:
        'which collector wrote the row, a number made of its install id (0: a version before); with stored_at it says which block the row came with',
    },
  },
  indexes: ["items_text items TYPE text(tokenizer = 'array')"],
  engine: 'MergeTree',
  partitionBy: 'toDate(stored_at)',
  orderBy: '(toStartOfHour(trace_start), trace_id, start)',
  keep: 'traces',
} as const satisfies Table;

// The table `traces`: a row per kept trace.
import type { Table } from './table.ts';

export const TRACES_TABLE = {
  name: 'traces',
  about: [
    'A row per kept trace.',
    'Written at the decision; late spans add a row that merges into it by the aggregates.',
    'What cannot be merged (root, duration, missing parents, critical path) is computed again from all stored spans when late ones have come: `rebuilt` and the columns after it, which count before the others where they are not empty.',
    'Read with FINAL.',
  ],
  signal: 'traces',
  columns: {
    trace_id: { type: 'FixedString(16)' },
    start: {
      type: 'DateTime64(9)',
      about: 'first start as known at the decision: a part of the key, it never changes',
    },
    stored_at: { type: 'DateTime' },
    end: { type: 'DateTime64(9)', merge: 'max' },
    duration_ns: { type: 'Int64', merge: 'max' },
    root_service: { type: 'String', merge: 'max' },
    root_name: { type: 'String', merge: 'max' },
    root_kind: { type: 'UInt8', merge: 'max' },
    span_count: { type: 'UInt64', merge: 'sum' },
    error_count: { type: 'UInt64', merge: 'sum' },
    late_count: { type: 'UInt64', merge: 'sum' },
    missing_parents: { type: 'UInt64', merge: 'max' },
    root_present: { type: 'UInt8', merge: 'max' },
    depth: { type: 'UInt32', merge: 'max' },
    services: { type: 'Array(String)', merge: 'groupUniqArrayArray' },
    service_spans: { type: 'Map(String, UInt64)', merge: 'sumMap' },
    critical_path_ns: { type: 'Map(String, UInt64)', merge: 'sumMap' },
    rule: { type: 'String', merge: 'max' },
    trigger: { type: 'String', merge: 'max' },
    threshold: { type: 'UInt64', merge: 'max' },
    weight: { type: 'Float64', merge: 'max' },
    hosts: { type: 'Array(Tuple(host String, offset_ns Int64, error_ns Int64))', merge: 'groupUniqArrayArray' },
    warnings: { type: 'Array(Tuple(kind String, span_id String))', merge: 'groupUniqArrayArray' },
    operations: {
      type: 'Array(Tuple(service String, name String, spans UInt64, path_ns Int64, self_ns Int64, drag_ns Int64, slack_ns Int64))',
      merge: 'groupUniqArrayArray',
      about:
        'what each operation did to the duration. path_ns: on the critical path; self_ns: without children; drag_ns: by how much its spans may shrink before others are waited for; slack_ns: by how much they may grow before the trace takes longer (0 on the path, -1 when nothing waits for them)',
    },
    repeats: {
      type: 'Array(Tuple(first_span_id String, service String, name String, spans UInt64, total_ns Int64, span_ns Int64))',
      merge: 'groupUniqArrayArray',
      about: 'runs of similar siblings (same service, name and statement shape, as N+1 queries are); times in ns',
    },
    weight_at_most: {
      type: 'Float64',
      merge: 'min',
      default: 'inf',
      about:
        'the adjusted count can fall after the trace was stored, when a late error makes it one of a kind that is kept whole: read least(weight, weight_at_most); infinity where the row sets no bound',
    },
    threshold_at_most: {
      type: 'UInt64',
      merge: 'min',
      default: '72057594037927936',
      about: 'read least(threshold, threshold_at_most)',
    },
    rebuilt: {
      type: 'Array(Tuple(spans UInt64, start DateTime64(9), duration_ns Int64, root_service String, root_name String, root_kind UInt8, missing_parents UInt64, root_present UInt8, depth UInt32))',
      merge: 'max',
      about:
        'one entry, of a trace with late spans: the head of the trace by all `spans` that were stored when it was computed; the one by most spans stays. Empty: the columns of the same names above are whole',
    },
    rebuilt_path: {
      type: 'Array(Tuple(spans UInt64, service String, ns UInt64))',
      merge: 'max',
      about: 'then critical_path_ns; the first entry holds only `spans`, as in the columns below',
    },
    rebuilt_operations: {
      type: 'Array(Tuple(spans_seen UInt64, service String, name String, spans UInt64, path_ns Int64, self_ns Int64, drag_ns Int64, slack_ns Int64))',
      merge: 'max',
      about: 'then operations',
    },
    rebuilt_repeats: {
      type: 'Array(Tuple(spans_seen UInt64, first_span_id String, service String, name String, spans UInt64, total_ns Int64, span_ns Int64))',
      merge: 'max',
      about: 'then repeats',
    },
    rebuilt_warnings: {
      type: 'Array(Tuple(spans UInt64, kind String, span_id String))',
      merge: 'max',
      about: 'then warnings',
    },
  },
  indexes: [
    "services_text services TYPE text(tokenizer = 'array')",
    'trace_bloom trace_id TYPE bloom_filter(0.001) GRANULARITY 1',
  ],
  engine: 'AggregatingMergeTree',
  partitionBy: 'toDate(stored_at)',
  orderBy: '(toStartOfHour(start), start, trace_id)',
  keep: 'traces',
} as const satisfies Table;

// The table `decisions`: the decision log.
import type { Table } from './table.ts';

export const DECISIONS_TABLE = {
  name: 'decisions',
  about: [
    'The decision log.',
    'One row per decision, kept or dropped: why a trace is stored, or is not.',
    'Simulation reads it.',
  ],
  signal: 'traces',
  columns: {
    trace_id: { type: 'FixedString(16)' },
    decided_at: { type: 'DateTime64(3)' },
    decision: { type: 'LowCardinality(String)' },
    rule: { type: 'LowCardinality(String)' },
    trigger: { type: 'LowCardinality(String)' },
    threshold: { type: 'UInt64' },
    weight: { type: 'Float64' },
    randomness: {
      type: 'UInt64',
      default: 'reinterpretAsUInt64(reverse(substring(toString(trace_id), 10, 7)))',
      about:
        'R that was compared with the threshold: the last 7 bytes of the trace id, unless tracestate or a linked trace gave another',
    },
    root_service: { type: 'LowCardinality(String)' },
    root_name: { type: 'LowCardinality(String)' },
    start: { type: 'DateTime64(9)' },
    duration_ns: { type: 'Int64' },
    span_count: { type: 'UInt32' },
    bytes: { type: 'UInt64' },
    error_count: { type: 'UInt32' },
    root_present: { type: 'UInt8' },
    missing_parents: { type: 'UInt32' },
  },
  engine: 'MergeTree',
  partitionBy: 'toDate(decided_at)',
  orderBy: '(trace_id, decided_at)',
  keep: 'decisions',
  age: 'toDateTime(decided_at)',
} as const satisfies Table;

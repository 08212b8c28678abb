// The table `links`: the inbound side of span links.
import type { Table } from './table.ts';

export const LINKS_TABLE = {
  name: 'links',
  about: ['The inbound side of span links.', 'Who points at a span; the outbound side is in spans.links.'],
  signal: 'traces',
  columns: {
    target_trace_id: { type: 'FixedString(16)' },
    target_span_id: { type: 'FixedString(8)' },
    stored_at: { type: 'DateTime' },
    source_trace_id: { type: 'FixedString(16)' },
    source_span_id: { type: 'FixedString(8)' },
    source_service: { type: 'LowCardinality(String)' },
    source_name: { type: 'LowCardinality(String)' },
    source_start: { type: 'DateTime64(9)' },
    source_kind: { type: 'UInt8' },
  },
  engine: 'MergeTree',
  partitionBy: 'toDate(stored_at)',
  orderBy: '(target_trace_id, target_span_id, source_trace_id, source_span_id)',
  keep: 'traces',
} as const satisfies Table;

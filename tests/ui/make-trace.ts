// Trace answers for tests from a few numbers per span.
import type { TraceResponse } from '#proto/api/trace.ts';
import { answerPaths } from '#tests/support/answer-paths.ts';

export interface PlanSpan {
  readonly parent: number;
  readonly start: number;
  readonly duration: number;
  readonly name?: number;
  readonly service?: number;
  readonly kind?: number;
  readonly error?: boolean;
  readonly skew?: number;
}

export function makeTrace(spans: readonly PlanSpan[]): TraceResponse {
  const id = (i: number): string => i.toString(16).padStart(16, '0');
  const zero = spans.map(() => 0);
  const trace: TraceResponse = {
    summary: {
      trace_id: '0'.repeat(31) + '1',
      start: '1000000000000000000',
      duration_ns: 100,
      root_service: 'a',
      root_name: 'n',
      span_count: spans.length,
      error_count: 0,
      root_present: true,
      missing_parents: 0,
      services: [],
      rule: 'errors',
      trigger: 'quiet',
      weight: 1,
      warnings: [],
      threshold: '00000000000000',
      hosts: [],
      warning_spans: [],
      critical_path: [],
      end_to_end_ns: 100,
    },
    services: ['a', 'b', 'c'],
    names: ['n', 'm', 'o'],
    resources: [],
    scopes: [],
    span_id: spans.map((_, i) => id(i)),
    parent_span_id: spans.map((s) => (s.parent < 0 ? '' : id(s.parent))),
    parent: spans.map((s) => s.parent),
    service: spans.map((s) => s.service ?? 0),
    name: spans.map((s) => s.name ?? 0),
    kind: spans.map((s) => s.kind ?? 1),
    status: spans.map((s) => (s.error ? 2 : 0)),
    start_offset_ns: spans.map((s) => s.start),
    duration_ns: spans.map((s) => s.duration),
    skew_ns: spans.map((s) => s.skew ?? 0),
    skew_error_ns: zero,
    resource: zero,
    scope: zero,
    attribute_count: zero,
    event_count: zero,
    link_count: zero,
    critical_path: { row: [], from_ns: [], to_ns: [] },
    inbound_links: [],
  };
  return { ...trace, ...answerPaths(trace) };
}

/** The trace with runs of repeats as the server reports them: [row of the first span, spans]. */
export function withRepeats(trace: TraceResponse, ...runs: readonly (readonly [number, number])[]): TraceResponse {
  const repeats = runs.map(([row, spans]) => ({
    first_span_id: trace.span_id[row] ?? '',
    service: 'a',
    name: 'n',
    spans,
    total_ns: 0,
    span_ns: 0,
  }));
  return { ...trace, summary: { ...trace.summary, repeats } };
}

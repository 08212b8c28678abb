// Spans that others name as their parent and that never came: one row for each, spanning what hangs on it, as the collector rebuilds the trace.
import type { TraceResponse } from '#proto/api/trace.ts';

/** Span kind of a stand-in; OTLP has 0 to 5. */
export const KIND_MISSING = 255;
/** Stands where a service's name would. */
const MISSING_SERVICE = 'missing';

/** The trace with a stand-in per absent parent id; itself when every parent is here. `raw`: times as they came. */
export function withMissingSpans(trace: TraceResponse, raw = false): TraceResponse {
  const first = trace.span_id.length;
  // A parent that is here although the row has none was cut off to break a circle.
  const present = new Set(
    trace.parent.some((up, row) => up === -1 && trace.parent_span_id[row] !== '') ? trace.span_id : [],
  );
  const rowOf = new Map<string, number>();
  const parent = trace.parent.slice();
  const from: number[] = [];
  const to: number[] = [];
  for (let row = 0; row < first; row++) {
    const id = trace.parent_span_id[row] ?? '';
    if (trace.parent[row] !== -1 || id === '' || present.has(id)) continue;
    const start = (trace.start_offset_ns[row] ?? 0) + (raw ? 0 : (trace.skew_ns[row] ?? 0));
    const end = start + (trace.duration_ns[row] ?? 0);
    const held = rowOf.get(id) ?? first + rowOf.size;
    rowOf.set(id, held);
    parent[row] = held;
    const i = held - first;
    from[i] = Math.min(from[i] ?? start, start);
    to[i] = Math.max(to[i] ?? end, end);
  }
  const more = rowOf.size;
  if (more === 0) return trace;
  const ids = [...rowOf.keys()];
  const fill = (column: readonly number[], value: number): number[] => [...column, ...ids.map(() => value)];
  return {
    ...trace,
    services: [...trace.services, MISSING_SERVICE],
    names: [...trace.names, ...ids.map((id) => `span ${id}`)],
    span_id: [...trace.span_id, ...ids],
    parent_span_id: [...trace.parent_span_id, ...ids.map(() => '')],
    parent: fill(parent, -1),
    service: fill(trace.service, trace.services.length),
    name: [...trace.name, ...ids.map((_, i) => trace.names.length + i)],
    kind: fill(trace.kind, KIND_MISSING),
    status: fill(trace.status, 0),
    start_offset_ns: [...trace.start_offset_ns, ...from],
    duration_ns: [...trace.duration_ns, ...from.map((start, i) => (to[i] ?? start) - start)],
    skew_ns: fill(trace.skew_ns, 0),
    skew_error_ns: fill(trace.skew_error_ns, 0),
    resource: fill(trace.resource, -1),
    scope: fill(trace.scope, -1),
    attribute_count: fill(trace.attribute_count, 0),
    event_count: fill(trace.event_count, 0),
    link_count: fill(trace.link_count, 0),
  };
}

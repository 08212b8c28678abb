// The critical paths of a trace as it is answered, for traces that tests write by hand.
import type { TraceResponse } from '#proto/api/trace.ts';
import type { TracePaths } from '#proto/api/trace-columns.ts';
import { criticalPaths } from '#query/api/own/traces/path-pieces.ts';

type Columns = Pick<
  TraceResponse,
  'span_id' | 'parent_span_id' | 'parent' | 'kind' | 'start_offset_ns' | 'duration_ns' | 'skew_ns'
>;

export function answerPaths(trace: Columns): TracePaths {
  return criticalPaths({
    count: trace.span_id.length,
    id: wordsOf(trace.span_id),
    parentId: wordsOf(trace.parent_span_id),
    parent: Int32Array.from(trace.parent),
    kind: Uint8Array.from(trace.kind),
    startOffsetNs: Float64Array.from(trace.start_offset_ns),
    durationNs: Float64Array.from(trace.duration_ns),
    skewNs: Float64Array.from(trace.skew_ns),
  });
}

/** Two words of each id: the low one, then the high one; '' is 0, 0. */
export function wordsOf(ids: readonly string[]): Uint32Array {
  const word = (digits: string): number => Number.parseInt(digits, 16) || 0;
  return Uint32Array.from(ids.flatMap((id) => [word(id.slice(8)), word(id.slice(0, 8))]));
}

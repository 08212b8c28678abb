// Stand-ins for spans that others name as their parent and that never came.
import { expect, it } from 'vitest';
import type { TraceResponse } from '#proto/api/trace.ts';
import { answerPaths } from '#tests/support/answer-paths.ts';
import { KIND_MISSING, withMissingSpans } from '#ui/shape/missing-spans.ts';
import { pathPieces } from '#ui/shape/path-pieces.ts';
import { spanGroups } from '#ui/shape/span-groups.ts';
import { buildTraceTree } from '#ui/shape/trace-tree.ts';
import { makeTrace, type PlanSpan } from '../make-trace.ts';

/** Spans whose parents are absent: [row, absent id]. */
function orphaned(spans: readonly PlanSpan[], ...orphans: readonly (readonly [number, string])[]): TraceResponse {
  const trace = makeTrace(spans);
  for (const [row, id] of orphans) trace.parent_span_id[row] = id;
  return { ...trace, ...answerPaths(trace) };
}

const spans = [
  { parent: -1, start: 0, duration: 100 },
  { parent: -1, start: 20, duration: 30, skew: -5 },
  { parent: -1, start: 40, duration: 50 },
  { parent: -1, start: 60, duration: 5 },
  { parent: 1, start: 25, duration: 5 },
];
const trace = orphaned(spans, [1, 'dead00000000beef'], [2, 'dead00000000beef'], [3, 'feed00000000beef']);

it('puts one row per absent id over all that name it, as long as they are', () => {
  const tree = buildTraceTree(withMissingSpans(trace));
  const rows = Array.from({ length: tree.count }, (_, p) => [
    tree.depth[p],
    tree.start[p],
    tree.duration[p],
    tree.kind[p] === KIND_MISSING,
  ]);
  expect(rows).toEqual([
    [0, 0, 100, false],
    [0, 15, 75, true],
    [1, 15, 30, false],
    [2, 25, 5, false],
    [1, 40, 50, false],
    [0, 60, 5, true],
    [1, 60, 5, false],
  ]);
});

it('takes the times as they came when clocks are left raw', () => {
  const made = withMissingSpans(trace, true);
  expect([made.start_offset_ns.at(-2), made.duration_ns.at(-2)]).toEqual([20, 70]);
});

it('leaves a whole trace alone, and a span whose parent is here but was cut off to break a circle', () => {
  const whole = makeTrace([
    { parent: -1, start: 0, duration: 9 },
    { parent: 0, start: 1, duration: 2 },
  ]);
  expect(withMissingSpans(whole)).toBe(whole);
  const circle = orphaned(
    [
      { parent: -1, start: 0, duration: 9 },
      { parent: 0, start: 1, duration: 2 },
    ],
    [0, '0000000000000001'],
  );
  expect(withMissingSpans(circle)).toBe(circle);
});

it('keeps columns of one length, and stand-ins out of the table', () => {
  const made = withMissingSpans(trace);
  const columns = Object.entries(made).filter(
    ([key, value]) =>
      Array.isArray(value) && !['services', 'names', 'resources', 'scopes', 'inbound_links'].includes(key),
  );
  expect(new Set(columns.map(([, value]) => (value as unknown[]).length))).toEqual(new Set([7]));
  const tree = buildTraceTree(made);
  expect(spanGroups(tree, pathPieces(made, tree, false)).reduce((sum, group) => sum + group.count, 0)).toBe(5);
});

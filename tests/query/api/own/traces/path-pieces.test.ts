// Pieces of the critical path as the trace answer carries them, beside a plain reference; drawn rows are found again by the UI.
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { answerPaths } from '#tests/support/answer-paths.ts';
import { withMissingSpans } from '#ui/shape/missing-spans.ts';
import { pathPieces as drawnPieces } from '#ui/shape/path-pieces.ts';
import { buildTraceTree } from '#ui/shape/trace-tree.ts';
import { plainCriticalPath } from '../../../../oracle/plain-critical-path.ts';
import { makeTrace, type PlanSpan } from '../../../../ui/make-trace.ts';

type Pieces = ReturnType<typeof answerPaths>['critical_path'];

/** Time on the path by row. */
function totals(pieces: Pieces): Record<number, number> {
  const sums: Record<number, number> = {};
  pieces.row.forEach((row, i) => (sums[row] = (sums[row] ?? 0) + pieces.to_ns[i]! - pieces.from_ns[i]!));
  return sums;
}
const totalsOf = (...spans: PlanSpan[]): Record<number, number> => totals(makeTrace(spans).critical_path);
const asPieces = ({ row, from_ns, to_ns }: Pieces): object[] =>
  row.map((span, i) => ({ span, from: from_ns[i], to: to_ns[i] }));

const ROOT: PlanSpan = { parent: -1, start: 0, duration: 1000 };
const anySpan = fc.record({
  up: fc.nat(),
  start: fc.nat(1000),
  duration: fc.nat(1000),
  kind: fc.integer({ min: 1, max: 5 }),
  skew: fc.integer({ min: -20, max: 20 }),
});
/** The root first, each other span below one before it. */
const anyTrace = fc
  .array(anySpan, { maxLength: 40 })
  .map((children): PlanSpan[] => [ROOT, ...children.map(({ up, ...span }, i) => ({ ...span, parent: up % (i + 1) }))]);

it('follows the child that ends last, and back-to-back children wholly', () => {
  const root = { parent: -1, start: 0, duration: 100 };
  expect(totalsOf(root, { parent: 0, start: 0, duration: 50 }, { parent: 0, start: 50, duration: 50 })).toEqual({
    1: 50,
    2: 50,
  });
  expect(totalsOf(root, { parent: 0, start: 10, duration: 20 }, { parent: 0, start: 10, duration: 60 })).toEqual({
    0: 40,
    2: 60,
  });
});

it('does not wait for what a producer started', () => {
  expect(
    totalsOf({ parent: -1, start: 0, duration: 100, kind: 4 }, { parent: 0, start: 10, duration: 90, kind: 5 }),
  ).toEqual({ 0: 100 });
});

it('is that of the first root: of those that begin first, the longest', () => {
  expect(
    totalsOf(
      { parent: -1, start: 5, duration: 500 },
      { parent: -1, start: 0, duration: 10 },
      { parent: -1, start: 0, duration: 90 },
      { parent: 2, start: 10, duration: 30 },
    ),
  ).toEqual({ 2: 60, 3: 30 });
});

it('has the pieces by raw times too where corrections moved a span, and only there', () => {
  const root = { parent: -1, start: 0, duration: 100 };
  const moved = makeTrace([root, { parent: 0, start: 10, duration: 20, skew: 75 }]);
  expect(totals(moved.critical_path)).toEqual({ 0: 85, 1: 15 });
  expect(totals(moved.raw_critical_path!)).toEqual({ 0: 80, 1: 20 });
  expect(makeTrace([root, { parent: 0, start: 10, duration: 20 }]).raw_critical_path).toBeUndefined();
});

it('goes through parents that are absent, numbered after the spans', () => {
  const trace = makeTrace([
    { parent: -1, start: 40, duration: 50 },
    { parent: -1, start: 10, duration: 10 },
    { parent: -1, start: 0, duration: 100 },
  ]);
  trace.parent_span_id = ['dead00000000beef', 'feed00000000beef', 'feed00000000beef'];
  const { critical_path: pieces } = answerPaths(trace);
  expect(totals(pieces)).toEqual({ 2: 100 });
  trace.duration_ns[2] = 5;
  // The second absent parent lasts from 0 to 20; rows 2 and 1 hang on it.
  expect(totals(answerPaths(trace).critical_path)).toEqual({ 1: 10, 2: 5, 4: 5 });
});

it('takes no parent that was cut off to break a circle for absent', () => {
  const trace = makeTrace([
    { parent: -1, start: 0, duration: 9 },
    { parent: 0, start: 1, duration: 2 },
  ]);
  trace.parent_span_id[0] = trace.span_id[1]!;
  expect(totals(answerPaths(trace).critical_path)).toEqual({ 0: 7, 1: 2 });
});

it('is what the plain reference says of any trace, on both clocks, and tiles the root', () => {
  fc.assert(
    fc.property(anyTrace, (spans) => {
      const trace = makeTrace(spans);
      for (const raw of [false, true]) {
        const pieces = (raw && trace.raw_critical_path) || trace.critical_path;
        const plain = spans.map(({ parent, start, duration, kind = 1, skew = 0 }) => {
          const from = start + (raw ? 0 : skew);
          return { parent, from, to: from + duration, kind };
        });
        expect(asPieces(pieces)).toEqual(plainCriticalPath(plain, 0));
        let time = 1000;
        pieces.row.forEach((_, i) => {
          expect(pieces.to_ns[i]).toBe(time);
          time = pieces.from_ns[i]!;
        });
        expect(time).toBe(0);
      }
    }),
    { seed: 42, numRuns: 300 },
  );
});

it('names rows at which the UI draws: every piece lies in its bar, absent parents too', () => {
  const orphans = fc.array(fc.tuple(fc.nat(), fc.constantFrom('dead00000000beef', 'feed00000000beef')), {
    maxLength: 5,
  });
  fc.assert(
    fc.property(anyTrace, orphans, fc.boolean(), (spans, cut, raw) => {
      const trace = makeTrace(spans);
      for (const [which, id] of cut) {
        const row = which % spans.length;
        trace.parent[row] = -1;
        trace.parent_span_id[row] = id;
      }
      const answer = { ...trace, ...answerPaths(trace) };
      const shown = withMissingSpans(answer, raw);
      const tree = buildTraceTree(shown, raw);
      const pieces = drawnPieces(shown, tree, raw);
      let sum = 0;
      for (let p = 0; p < tree.count; p++) {
        for (let i = pieces.first[p]!; i < pieces.first[p + 1]!; i++) {
          expect(pieces.from[i]).toBeGreaterThanOrEqual(tree.start[p]!);
          expect(pieces.to[i]).toBeLessThanOrEqual(tree.start[p]! + tree.duration[p]!);
        }
        sum += pieces.total[p]!;
      }
      expect(pieces.first[tree.count]).toBe(pieces.from.length);
      expect(sum).toBe(tree.duration[0]);
    }),
    { seed: 7, numRuns: 300 },
  );
});

it('answers nothing for no spans', () => {
  expect(makeTrace([]).critical_path).toEqual({ row: [], from_ns: [], to_ns: [] });
});

it('walks a chain of 100,000 spans', () => {
  const n = 100_000;
  const trace = makeTrace(Array.from({ length: n }, (_, i) => ({ parent: i - 1, start: i, duration: 2 * (n - i) })));
  expect(Object.values(totals(trace.critical_path)).reduce((a, b) => a + b, 0)).toBe(2 * n);
});

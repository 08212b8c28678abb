// The critical path's sections tile the root.
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { criticalPath } from '#ui/shape/critical-path.ts';
import { buildTraceTree } from '#ui/shape/trace-tree.ts';
import { makeTrace } from '../make-trace.ts';

const totals = (...spans: Parameters<typeof makeTrace>[0]): number[] => [
  ...criticalPath(buildTraceTree(makeTrace(spans))).total,
];

it('follows the child that ends last, and back-to-back children wholly', () => {
  expect(
    totals(
      { parent: -1, start: 0, duration: 100 },
      { parent: 0, start: 0, duration: 50 },
      { parent: 0, start: 50, duration: 50 },
    ),
  ).toEqual([0, 50, 50]);
  expect(
    totals(
      { parent: -1, start: 0, duration: 100 },
      { parent: 0, start: 10, duration: 20 },
      { parent: 0, start: 10, duration: 60 },
    ),
  ).toEqual([40, 60, 0]);
});

it('does not wait for what a producer started', () => {
  expect(
    totals({ parent: -1, start: 0, duration: 100, kind: 4 }, { parent: 0, start: 10, duration: 90, kind: 5 }),
  ).toEqual([100, 0]);
});

it('tiles the root exactly for any tree', () => {
  const span = fc.record({
    up: fc.nat(),
    start: fc.nat(1000),
    duration: fc.nat(1000),
    kind: fc.integer({ min: 1, max: 5 }),
  });
  fc.assert(
    fc.property(fc.array(span, { maxLength: 40 }), (children) => {
      const spans = [
        { parent: -1, start: 0, duration: 1000 },
        ...children.map((c, i) => ({ parent: c.up % (i + 1), start: c.start, duration: c.duration, kind: c.kind })),
      ];
      const path = criticalPath(buildTraceTree(makeTrace(spans)));
      expect(path.total.reduce((a, b) => a + b, 0)).toBe(1000);
      const sections = [...path.from].map((from, i) => [from, path.to[i] ?? 0] as const).sort((a, b) => a[0] - b[0]);
      sections.reduce((at, [from, to]) => {
        expect(from).toBe(at);
        return to;
      }, 0);
    }),
    { seed: 42 },
  );
});

it('walks a chain of 100,000 spans', () => {
  const n = 100_000;
  const path = criticalPath(
    buildTraceTree(
      makeTrace(Array.from({ length: n }, (_, i) => ({ parent: i - 1, start: i, duration: 2 * (n - i) }))),
    ),
  );
  expect(path.total.reduce((a, b) => a + b, 0)).toBe(2 * n);
});

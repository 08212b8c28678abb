// The tree of a trace holds every span once, whatever its parents say.
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { buildTraceTree } from '#ui/shape/trace-tree.ts';
import { makeTrace } from '../make-trace.ts';

it('orders siblings by corrected start and knows depth, subtree and errors below', () => {
  const tree = buildTraceTree(
    makeTrace([
      { parent: -1, start: 0, duration: 100 },
      { parent: 0, start: 60, duration: 10, error: true },
      { parent: 0, start: 80, duration: 30, skew: -60 },
      { parent: 1, start: 61, duration: 2, error: true },
    ]),
  );
  expect([...tree.row]).toEqual([0, 2, 1, 3]);
  expect([...tree.depth]).toEqual([0, 1, 1, 2]);
  expect([...tree.subtreeEnd]).toEqual([4, 2, 4, 4]);
  expect([...tree.errors]).toEqual([2, 0, 2, 1]);
  expect(tree.start[1]).toBe(20);
  expect(tree.rawStart[1]).toBe(80);
});

it('counts as self what no child covers, overlaps once', () => {
  const tree = buildTraceTree(
    makeTrace([
      { parent: -1, start: 0, duration: 100 },
      { parent: 0, start: 10, duration: 30 },
      { parent: 0, start: 20, duration: 30 },
      { parent: 0, start: 90, duration: 50 },
    ]),
  );
  expect(tree.self[0]).toBe(50);
});

it('leaves clocks as they are when asked', () => {
  expect(buildTraceTree(makeTrace([{ parent: -1, start: 50, duration: 5, skew: -20 }]), true).start[0]).toBe(50);
});

it('holds every row exactly once for any parents, loops among them', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ parent: fc.integer({ min: -3, max: 30 }), start: fc.nat(100), duration: fc.nat(100) }), {
        maxLength: 30,
      }),
      (spans) => {
        const tree = buildTraceTree(makeTrace(spans));
        expect([...tree.row].sort((a, b) => a - b)).toEqual(spans.map((_, i) => i));
        for (let p = 0; p < tree.count; p++) {
          expect(tree.parent[p]).toBeLessThan(p);
          expect(tree.subtreeEnd[p]).toBeGreaterThan(p);
          expect(tree.subtreeEnd[p]).toBeLessThanOrEqual(tree.count);
        }
      },
    ),
    { seed: 41 },
  );
});

it('builds a chain and a fan of 100,000 spans without recursion', () => {
  const n = 100_000;
  const chain = buildTraceTree(
    makeTrace(Array.from({ length: n }, (_, i) => ({ parent: i - 1, start: i, duration: n - i }))),
  );
  expect(chain.depth[n - 1]).toBe(n - 1);
  const fan = buildTraceTree(
    makeTrace(Array.from({ length: n }, (_, i) => ({ parent: i === 0 ? -1 : 0, start: i, duration: 1 }))),
  );
  expect(fan.subtreeEnd[0]).toBe(n);
});

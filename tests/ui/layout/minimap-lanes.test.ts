// The minimap shows all of the time, with few lines, however many spans there are.
import { expect, it } from 'vitest';
import { minimapLines } from '#ui/layout/minimap-lanes.ts';
import { NO_RUNS, runsOf } from '#ui/shape/repeats.ts';
import { buildTraceTree } from '#ui/shape/trace-tree.ts';
import { makeTrace, withRepeats } from '../make-trace.ts';

it('covers the whole time of a big trace whose spans are all alike', () => {
  const n = 50_000;
  const tree = buildTraceTree(
    makeTrace(
      Array.from({ length: n }, (_, i) => ({
        parent: i === 0 ? -1 : 0,
        start: i,
        duration: i === 0 ? n : 10,
        name: i % 3,
      })),
    ),
  );
  const lines = minimapLines(tree, NO_RUNS, 38);
  expect(lines.length).toBeLessThan(7_000);
  expect(Math.max(...lines.map((l) => tree.start[l.position] ?? 0))).toBeGreaterThan(n * 0.99);
  expect(Math.max(...lines.map((l) => l.lane))).toBe(37);
});

it('gives a run of repeats one lane', () => {
  const trace = withRepeats(
    makeTrace([
      { parent: -1, start: 0, duration: 100 },
      ...Array.from({ length: 8 }, (_, i) => ({ parent: 0, start: i, duration: 1, name: 1 })),
      { parent: 0, start: 50, duration: 5, name: 2 },
    ]),
    [1, 8],
  );
  const tree = buildTraceTree(trace);
  expect(new Set(minimapLines(tree, runsOf(tree, trace), 38).map((l) => l.lane)).size).toBe(3);
});

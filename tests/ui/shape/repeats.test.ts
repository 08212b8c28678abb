// Runs of repeats: the server says which, the tree says where.
import { expect, it } from 'vitest';
import { runsOf } from '#ui/shape/repeats.ts';
import { buildTraceTree } from '#ui/shape/trace-tree.ts';
import { makeTrace, withRepeats } from '../make-trace.ts';

const query = (
  parent: number,
  start: number,
  more: { readonly error?: boolean; readonly name?: number } = {},
): { parent: number; start: number; duration: number; name: number; error: boolean } => ({
  parent,
  start,
  duration: 4,
  name: 1,
  error: false,
  ...more,
});

it('folds what the server calls a run, with the sum of its times and its place', () => {
  const trace = withRepeats(
    makeTrace([
      { parent: -1, start: 0, duration: 100 },
      ...[10, 20, 30, 40, 50].map((at) => query(0, at)),
      query(0, 70),
    ]),
    [1, 5],
  );
  expect([...runsOf(buildTraceTree(trace), trace).values()]).toEqual([
    { first: 1, end: 6, spans: 5, totalNs: 20, startNs: 10, endNs: 54, errors: 0 },
  ]);
});

it('takes what hangs below the repeated spans along', () => {
  const trace = withRepeats(
    makeTrace([
      { parent: -1, start: 0, duration: 100 },
      query(0, 10),
      { parent: 1, start: 11, duration: 1 },
      query(0, 20),
      { parent: 3, start: 21, duration: 1 },
    ]),
    [1, 2],
  );
  expect(runsOf(buildTraceTree(trace), trace).get(1)).toMatchObject({ spans: 2, end: 5, totalNs: 8 });
});

it('says how many of a run failed', () => {
  const trace = withRepeats(
    makeTrace([{ parent: -1, start: 0, duration: 100 }, query(0, 10), query(0, 20, { error: true }), query(0, 30)]),
    [1, 3],
  );
  expect(runsOf(buildTraceTree(trace), trace).get(1)?.errors).toBe(1);
});

it('is as long as what is there when spans of the run are missing or something else came between', () => {
  const trace = withRepeats(
    makeTrace([
      { parent: -1, start: 0, duration: 100 },
      query(0, 10),
      query(0, 20),
      query(0, 25, { name: 2 }),
      query(0, 30),
    ]),
    [1, 9],
  );
  expect(runsOf(buildTraceTree(trace), trace).get(1)).toMatchObject({ spans: 2, end: 3 });
});

it('knows no run that the server does not, that is not stored, or that overlaps another', () => {
  const alike = makeTrace([
    { parent: -1, start: 0, duration: 100 },
    ...[10, 20, 30, 40, 50, 60].map((at) => query(0, at)),
  ]);
  const tree = buildTraceTree(alike);
  expect(runsOf(tree, alike).size).toBe(0);
  const other = withRepeats(alike, [99, 5]);
  expect(runsOf(tree, other).size).toBe(0);
  const twice = withRepeats(alike, [1, 4], [1, 6], [3, 4]);
  expect([...runsOf(tree, twice).values()].map(({ first, spans }) => [first, spans])).toEqual([[1, 6]]);
});

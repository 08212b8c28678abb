// Traces of 100,000 spans in the shapes that break recursion and quadratic work: all is done, and done once.
import { expect, it } from 'vitest';
import { HostPairClock } from '#collector/reconstruct/clock/host-pair-clock.ts';
import { Reconstructor } from '#collector/reconstruct/reconstruct.ts';
import type { RebuiltTrace } from '#collector/reconstruct/reconstruct.ts';
import { buildTrace } from '../../support/trace-builder.ts';
import type { PlainSpan } from '../../support/trace-builder.ts';

const SPANS = 100_000;

function rebuild(span: (i: number) => PlainSpan): RebuiltTrace {
  const view = buildTrace(Array.from({ length: SPANS }, (_, i) => span(i)));
  const reconstructor = new Reconstructor(new HostPairClock());
  reconstructor.observe(view);
  return reconstructor.finish(view);
}

const hex = (i: number): string => (i + 1).toString(16);

it('a chain is as deep as it is long, and its path ends at the innermost span', () => {
  const { dag, path } = rebuild((i) => ({
    id: hex(i),
    start: i,
    end: 2 * SPANS - i,
    ...(i > 0 && { parent: hex(i - 1) }),
  }));
  expect([dag.maxDepth, dag.warnings.count, path.pieceCount]).toEqual([SPANS, 0, 2 * SPANS - 1]);
});

it('a fan has one root, and its back-to-back children fill the path', () => {
  const { dag, path } = rebuild((i) =>
    i === 0 ? { id: hex(0), start: 0, end: SPANS } : { id: hex(i), parent: hex(0), start: i, end: i + 1 },
  );
  expect([dag.maxDepth, dag.rootCount, path.pieceCount]).toEqual([2, 1, SPANS]);
});

it('orphans of 100,000 different parents get a synthetic one each', () => {
  const { dag } = rebuild((i) => ({ id: hex(i), parent: hex(i + SPANS), start: i, end: i + 1 }));
  expect([dag.missingParents, dag.liveCount, dag.rootCount]).toEqual([SPANS, 2 * SPANS, SPANS]);
});

it('one ring of all spans is broken once', () => {
  const { dag } = rebuild((i) => ({ id: hex(i), parent: hex((i + 1) % SPANS), start: i, end: i + 1 }));
  expect([dag.cyclesBroken, dag.rootCount, dag.maxDepth]).toEqual([1, 1, SPANS]);
});

it('one id shared by all spans keeps them all, copies of one span leave one', () => {
  expect(rebuild((i) => ({ id: '1', start: i, end: i + 1 })).dag.liveCount).toBe(SPANS);
  expect(rebuild(() => ({ id: '1', start: 0, end: 1 })).dag.duplicates).toBe(SPANS - 1);
});

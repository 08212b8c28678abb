// A path's fingerprint is the set of its edges: what repeats, times, ids and order do not change it, another edge does.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { PathFingerprint } from '#collector/decide/paths/path-fingerprint.ts';
import { rawClocks, Reconstructor } from '#collector/reconstruct/reconstruct.ts';
import { reordered, writtenTrace, type WrittenSpan } from '#tests/support/written-trace.ts';

const reconstructor = new Reconstructor(rawClocks);

function fingerprint(spans: readonly WrittenSpan[], order?: readonly number[], path = new PathFingerprint()): string {
  const view = order === undefined ? writtenTrace(spans) : reordered(writtenTrace(spans), order);
  path.compute(view.memory, reconstructor.run(view).dag);
  return `${path.hi} ${path.lo}`;
}

const ROOT: WrittenSpan = { service: 'front', name: 'GET /' };
const CHILD: WrittenSpan = { service: 'shop', name: 'list', parent: '1' };
const QUERY: WrittenSpan = { service: 'shop', name: 'SELECT', parent: '2' };

test('what is not the path changes nothing', () => {
  const plain = fingerprint([ROOT, CHILD, QUERY]);
  expect(fingerprint([ROOT, CHILD, QUERY, QUERY, QUERY])).toBe(plain);
  expect(
    fingerprint([
      { ...ROOT, status: 2, kind: 2, start: 5 },
      CHILD,
      { ...QUERY, duration: 7, attributes: { k: { intValue: 1 } } },
    ]),
  ).toBe(plain);
  expect(fingerprint([ROOT, CHILD, QUERY], [2, 0, 1])).toBe(plain);
});

test('every other path has another fingerprint', () => {
  const paths = [
    [ROOT],
    [ROOT, CHILD],
    [ROOT, CHILD, QUERY],
    [ROOT, CHILD, { ...QUERY, parent: '1' }],
    [ROOT, { ...CHILD, name: 'show' }, QUERY],
    [ROOT, { ...CHILD, service: 'cart' }, QUERY],
    [{ ...ROOT, parent: '99' }, CHILD, QUERY],
    [CHILD, QUERY],
    [{ ...ROOT, service: 'GET /', name: 'front' }],
    [],
  ];
  const seen = paths.map((spans) => (spans.length === 0 ? '0 0' : fingerprint(spans)));
  expect(new Set(seen).size).toBe(paths.length);
});

test('any tree in any order has one fingerprint, and two trees have the same only when their edges are the same', () => {
  const tree = fc.array(
    fc.record({ service: fc.integer({ min: 0, max: 2 }), name: fc.integer({ min: 0, max: 3 }), parent: fc.nat() }),
    { minLength: 1, maxLength: 12 },
  );
  const spansOf = (nodes: readonly { service: number; name: number; parent: number }[]): WrittenSpan[] =>
    nodes.map(({ service, name, parent }, i) => ({
      service: `s${service}`,
      name: `n${name}`,
      ...(i > 0 && { parent: String((parent % i) + 1) }),
      start: i,
    }));
  const edges = (spans: readonly WrittenSpan[]): string =>
    [
      ...new Set(
        spans.map((span) => {
          const parent = span.parent === undefined ? undefined : spans[Number(span.parent) - 1];
          return `${span.service} ${span.name} < ${parent?.service} ${parent?.name}`;
        }),
      ),
    ]
      .toSorted()
      .join('\n');
  const byEdges = new Map<string, string>();
  const byPrint = new Map<string, string>();
  const path = new PathFingerprint();
  fc.assert(
    fc.property(tree, fc.infiniteStream(fc.nat()), (nodes, keys) => {
      const spans = spansOf(nodes).map((span) =>
        span.parent === undefined ? span : { ...span, parent: Number(span.parent).toString(16) },
      );
      const order = spans
        .map((_, i) => ({ i, key: keys.next().value ?? 0 }))
        .sort((a, b) => a.key - b.key)
        .map(({ i }) => i);
      const told = edges(spansOf(nodes));
      const print = fingerprint(spans, undefined, path);
      expect(fingerprint(spans, order)).toBe(print);
      expect(byEdges.get(told) ?? print).toBe(print);
      expect(byPrint.get(print) ?? told).toBe(told);
      byEdges.set(told, print);
      byPrint.set(print, told);
    }),
    { seed: 8, numRuns: 120 },
  );
});

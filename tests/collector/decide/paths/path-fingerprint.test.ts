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
      const edgesText = edges(spansOf(nodes));
      const print = fingerprint(spans, undefined, path);
      expect(fingerprint(spans, order)).toBe(print);
      expect(byEdges.get(edgesText) ?? print).toBe(print);
      expect(byPrint.get(print) ?? edgesText).toBe(edgesText);
      byEdges.set(edgesText, print);
      byPrint.set(print, edgesText);
    }),
    { seed: 8, numRuns: 120 },
  );
});

test('one instance answers as a new one, whatever traces it has seen: larger, smaller, with parents that are missing or go round', () => {
  const shape = fc.record({
    size: fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 200, max: 700 })),
    seed: fc.nat(),
    missing: fc.nat(20),
    circle: fc.boolean(),
  });
  const spansOf = ({ size, seed, missing, circle }: { size: number; seed: number; missing: number; circle: boolean }) =>
    Array.from({ length: size }, (_, i): WrittenSpan => {
      const up = (seed + i * 31) % Math.max(1, i);
      const parent = circle && i === 0 ? size : i === 0 ? 0 : i % 21 === missing ? 60_000 + i : up + 1;
      return {
        service: `s${(seed + i * 7) % 9}`,
        name: `n${(seed + i * i) % 300}`,
        ...(parent > 0 && { parent: parent.toString(16) }),
      };
    });
  const used = new PathFingerprint();
  fc.assert(
    fc.property(fc.array(shape, { minLength: 1, maxLength: 4 }), (shapes) => {
      for (const one of shapes) {
        const spans = spansOf(one);
        expect(fingerprint(spans, undefined, used)).toBe(fingerprint(spans));
      }
    }),
    { seed: 9, numRuns: 40 },
  );
});

test('texts that take the place of others in the table of names are not taken for them', () => {
  const path = new PathFingerprint();
  const names = (prefix: string): WrittenSpan[] => [
    { service: `${prefix}a`, name: `${prefix}b` },
    { service: `${prefix}c`, name: `${prefix}d`, parent: '1' },
  ];
  // Each written trace has tables of its own, in which the same slots hold other texts.
  const seen = ['', 'x', 'y', 'longer '].map((prefix) => fingerprint(names(prefix), undefined, path));
  expect(new Set(seen).size).toBe(4);
  expect(fingerprint(names('x'), undefined, path)).toBe(seen[1]);
});

test('fingerprints of 200 paths differ, and so do the low bits by which sketches find their counters', () => {
  const path = new PathFingerprint();
  const whole = new Set<string>();
  const cells = new Set<number>();
  const count = 200;
  // Paths of one span, whose names differ in a digit or two.
  for (let i = 0; i < count; i++) {
    const view = writtenTrace([{ service: 'front', name: `GET /${i}` }]);
    path.compute(view.memory, reconstructor.run(view).dag);
    whole.add(`${path.hi} ${path.lo}`);
    cells.add(path.lo & 0xff);
  }
  expect(whole.size).toBe(count);
  // 200 paths meet about 139 of 256 cells; a hash that left low bits alone would meet far fewer.
  expect(cells.size).toBeGreaterThan(110);
});

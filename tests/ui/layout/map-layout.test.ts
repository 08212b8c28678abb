// The map places callers left of callees and leaves room for every label.
import { expect, it } from 'vitest';
import { edgePath, layoutMap } from '#ui/layout/map-layout.ts';

const node = (id: string): { id: string; kind: string } => ({ id, kind: 'service' });

it('places callers left of callees, with the label between them', () => {
  const placed = layoutMap({
    nodes: ['a', 'b', 'c'].map(node),
    edges: [
      { caller: 'a', callee: 'b', kind: 'rpc' },
      { caller: 'b', callee: 'c', kind: 'db' },
      { caller: 'b', callee: 'c', kind: 'queue' },
    ],
  });
  const [a, b, c] = placed.nodes.map((n) => n.x) as [number, number, number];
  expect(a < b && b < c).toBe(true);
  expect(placed.edges).toHaveLength(3);
  for (const edge of placed.edges) expect(edge.labelX > a && edge.labelX < c).toBe(true);
  expect(edgePath(placed.edges[0]?.points ?? [])).toMatch(/^M[\d.-]+ [\d.-]+/);
});

it('leaves out calls to oneself and edges of unknown nodes, and survives loops', () => {
  const placed = layoutMap({
    nodes: ['a', 'b'].map(node),
    edges: [
      { caller: 'a', callee: 'a', kind: 'rpc' },
      { caller: 'a', callee: 'x', kind: 'rpc' },
      { caller: 'a', callee: 'b', kind: 'rpc' },
      { caller: 'b', callee: 'a', kind: 'rpc' },
    ],
  });
  expect(placed.edges).toHaveLength(2);
});

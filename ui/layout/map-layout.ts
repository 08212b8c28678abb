// Places of the service map: dagre lays callers left of callees; sizes follow the names. Pure, so that it can run in a worker.
import { Graph, layout } from '@dagrejs/dagre';

interface MapNode {
  readonly id: string;
  readonly kind: string;
}
interface MapEdge {
  readonly caller: string;
  readonly callee: string;
  readonly kind: string;
}
type PlacedNode = MapNode & { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
export type PlacedEdge = MapEdge & {
  readonly points: readonly { readonly x: number; readonly y: number }[];
  readonly labelX: number;
  readonly labelY: number;
};
export interface MapLayout {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
}
export interface MapInput {
  readonly nodes: readonly MapNode[];
  readonly edges: readonly MapEdge[];
}

const NODE_HEIGHT = 44;
const CHARACTER_PX = 7.4;
/** Room kept for an edge's two lines of numbers, so that labels do not cover each other. */
const LABEL_PX = { width: 74, height: 30 } as const;
const NODE_PX = { least: 176, most: 220, pad: 44 } as const;

/** What dagre writes on nodes and edges. */
interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}
interface Route {
  readonly points?: readonly { x: number; y: number }[];
  readonly x?: number;
  readonly y?: number;
}

export function layoutMap({ nodes, edges }: MapInput): MapLayout {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'LR', nodesep: 22, edgesep: 16, ranksep: 24, marginx: 16, marginy: 16 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of nodes)
    graph.setNode(node.id, {
      width: Math.min(NODE_PX.most, Math.max(NODE_PX.least, node.id.length * CHARACTER_PX + NODE_PX.pad)),
      height: NODE_HEIGHT,
    });
  const known = new Set(nodes.map((n) => n.id));
  const drawn = edges.filter((e) => known.has(e.caller) && known.has(e.callee) && e.caller !== e.callee);
  for (const edge of drawn)
    graph.setEdge(
      edge.caller,
      edge.callee,
      { width: LABEL_PX.width, height: LABEL_PX.height, labelpos: 'c' },
      edge.kind,
    );
  layout(graph);
  const size = graph.graph();
  return {
    width: Number(size.width ?? 0),
    height: Number(size.height ?? 0),
    nodes: nodes.map((node) => {
      const at: Box = graph.node(node.id);
      return { ...node, x: at.x, y: at.y, width: at.width, height: at.height };
    }),
    edges: drawn.map((edge) => {
      const at: Route = graph.edge(edge.caller, edge.callee, edge.kind);
      return { ...edge, points: (at.points ?? []).map(({ x, y }) => ({ x, y })), labelX: at.x ?? 0, labelY: at.y ?? 0 };
    }),
  };
}

/** SVG path through the points of an edge, with soft bends. */
export function edgePath(points: PlacedEdge['points']): string {
  const [first, ...rest] = points;
  if (!first) return '';
  let path = `M${first.x} ${first.y}`;
  for (let i = 0; i < rest.length - 1; i++) {
    const bend = rest[i]!;
    const next = rest[i + 1]!;
    path += `Q${bend.x} ${bend.y} ${(bend.x + next.x) / 2} ${(bend.y + next.y) / 2}`;
  }
  const last = rest.at(-1);
  return last ? `${path}L${last.x} ${last.y}` : path;
}

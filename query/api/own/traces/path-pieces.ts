// The critical path of a trace as pieces for the answer: the first root of the tree, parents that are absent included, on corrected or raw clocks.
import { CriticalPath } from '#proto/critical-path/critical-path.ts';
import type { CriticalPathPieces, TraceResponse } from '#proto/api/trace.ts';

/** Columns of the answer, parents before children. */
type PathColumns = Pick<
  TraceResponse,
  'span_id' | 'parent_span_id' | 'parent' | 'kind' | 'start_offset_ns' | 'duration_ns' | 'skew_ns'
>;
interface CriticalPaths {
  readonly critical_path: CriticalPathPieces;
  readonly raw_critical_path?: CriticalPathPieces;
}

/** Both where they can differ, the corrected one alone where no span was moved. */
export function criticalPaths(columns: PathColumns): CriticalPaths {
  const corrected = { critical_path: pathPieces(columns, false) };
  if (columns.skew_ns.every((skew) => skew === 0)) return corrected;
  return { ...corrected, raw_critical_path: pathPieces(columns, true) };
}

/** @param raw by times as they came */
function pathPieces(columns: PathColumns, raw: boolean): CriticalPathPieces {
  const spans = columns.span_id.length;
  const { parent, absent } = withAbsentParents(columns);
  const nodes = spans + absent;
  if (nodes === 0) return { row: [], from_ns: [], to_ns: [] };
  const startNs = new Float64Array(nodes).fill(Number.POSITIVE_INFINITY);
  const endNs = new Float64Array(nodes).fill(Number.NEGATIVE_INFINITY);
  const kind = new Uint8Array(nodes);
  const idHi = new Uint32Array(nodes);
  const idLo = new Uint32Array(nodes);
  // Absent parents are roots: they go first.
  const order = new Int32Array(nodes);
  for (let i = 0; i < absent; i++) order[i] = spans + i;
  for (let row = 0; row < spans; row++) {
    const id = columns.span_id[row]!;
    order[absent + row] = row;
    startNs[row] = columns.start_offset_ns[row]! + (raw ? 0 : columns.skew_ns[row]!);
    endNs[row] = startNs[row]! + columns.duration_ns[row]!;
    kind[row] = columns.kind[row]!;
    idHi[row] = Number.parseInt(id.slice(0, 8), 16);
    idLo[row] = Number.parseInt(id.slice(8), 16);
    const up = parent[row]!;
    if (up < spans) continue;
    // An absent parent lasts as long as what names it.
    startNs[up] = Math.min(startNs[up]!, startNs[row]!);
    endNs[up] = Math.max(endNs[up]!, endNs[row]!);
  }
  const root = firstRoot(parent, startNs, endNs);
  const path = new CriticalPath();
  path.compute(
    {
      nodeCount: nodes,
      liveCount: nodes,
      order,
      parent,
      roots: Int32Array.of(root),
      rootCount: 1,
      primaryRoot: root,
      idHi,
      idLo,
      rank: Int32Array.from(order.keys()),
    },
    kind,
    startNs,
    endNs,
  );
  return {
    row: Array.from(path.pieceNode.subarray(0, path.pieceCount)),
    from_ns: Array.from(path.pieceFromNs.subarray(0, path.pieceCount)),
    to_ns: Array.from(path.pieceToNs.subarray(0, path.pieceCount)),
  };
}

/** Parents by node number, those that are named and absent after the spans; a parent that is there and was cut off to break a circle is none. */
function withAbsentParents({ span_id, parent_span_id, parent: known }: PathColumns): {
  readonly parent: Int32Array;
  readonly absent: number;
} {
  const present = new Set(span_id);
  const nodeOf = new Map<string, number>();
  const parent = Int32Array.from(known);
  for (let row = 0; row < span_id.length; row++) {
    const id = parent_span_id[row]!;
    if (parent[row] !== -1 || id === '' || present.has(id)) continue;
    const node = nodeOf.get(id) ?? span_id.length + nodeOf.size;
    nodeOf.set(id, node);
    parent[row] = node;
  }
  const all = new Int32Array(span_id.length + nodeOf.size).fill(-1);
  all.set(parent);
  return { parent: all, absent: nodeOf.size };
}

/** The first row of the waterfall: of the roots that begin first, the longest. */
function firstRoot(parent: Int32Array, startNs: Float64Array, endNs: Float64Array): number {
  let first = -1;
  for (let node = 0; node < parent.length; node++) {
    if (parent[node] !== -1) continue;
    if (
      first === -1 ||
      startNs[node]! < startNs[first]! ||
      (startNs[node] === startNs[first] && endNs[node]! > endNs[first]!)
    )
      first = node;
  }
  return first;
}

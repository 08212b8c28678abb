// The critical path of a trace as pieces for the answer: the first root of the tree, parents that are absent included, on corrected or raw clocks.
import { CriticalPath } from '#proto/critical-path/critical-path.ts';
import type { CriticalPathPieces } from '#proto/api/trace.ts';
import type { SpanTable, TracePaths } from '#proto/api/trace-columns.ts';
import { RowById } from './row-by-id.ts';

/** Spans in the order of the answer, parents before children. */
export type PathSpans = Pick<
  SpanTable,
  'count' | 'id' | 'parentId' | 'parent' | 'kind' | 'startOffsetNs' | 'durationNs' | 'skewNs'
>;

/** Both where they can differ, the corrected one alone where no span was moved. */
export function criticalPaths(spans: PathSpans): TracePaths {
  const corrected = { critical_path: pathPieces(spans, false) };
  if (spans.skewNs.every((skew) => skew === 0)) return corrected;
  return { ...corrected, raw_critical_path: pathPieces(spans, true) };
}

/** @param raw by times as they came */
function pathPieces(spans: PathSpans, raw: boolean): CriticalPathPieces {
  const { count } = spans;
  const { parent, absent } = withAbsentParents(spans);
  const nodes = count + absent;
  if (nodes === 0) return { row: [], from_ns: [], to_ns: [] };
  const startNs = new Float64Array(nodes).fill(Number.POSITIVE_INFINITY);
  const endNs = new Float64Array(nodes).fill(Number.NEGATIVE_INFINITY);
  const kind = new Uint8Array(nodes);
  const idHi = new Uint32Array(nodes);
  const idLo = new Uint32Array(nodes);
  // Absent parents are roots: they go first.
  const order = new Int32Array(nodes);
  for (let i = 0; i < absent; i++) order[i] = count + i;
  for (let row = 0; row < count; row++) {
    order[absent + row] = row;
    startNs[row] = spans.startOffsetNs[row]! + (raw ? 0 : spans.skewNs[row]!);
    endNs[row] = startNs[row]! + spans.durationNs[row]!;
    kind[row] = spans.kind[row]!;
    idLo[row] = spans.id[2 * row]!;
    idHi[row] = spans.id[2 * row + 1]!;
    const up = parent[row]!;
    if (up < count) continue;
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
function withAbsentParents({ count, id, parentId, parent: known }: PathSpans): {
  readonly parent: Int32Array;
  readonly absent: number;
} {
  const nodeOf = new Map<string, number>();
  const parent = Int32Array.from(known);
  let present: RowById | undefined;
  for (let row = 0; row < count; row++) {
    const [low, high] = [parentId[2 * row]!, parentId[2 * row + 1]!];
    if (parent[row] !== -1 || (low === 0 && high === 0)) continue;
    present ??= new RowById(id);
    if (present.find(low, high) >= 0) continue;
    const key = `${low} ${high}`;
    const node = nodeOf.get(key) ?? count + nodeOf.size;
    nodeOf.set(key, node);
    parent[row] = node;
  }
  const all = new Int32Array(count + nodeOf.size).fill(-1);
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

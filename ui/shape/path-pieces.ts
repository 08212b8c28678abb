// The pieces of the critical path that the server computed, by position in the tree, as they are drawn.
import type { TraceResponse } from '#proto/api/trace.ts';
import type { TraceTree } from './trace-tree.ts';

/** Pieces in no order of time: from, to (ns from the trace's start). `first[p]…first[p+1]` are those of position p, `total` their time. */
export interface PathPieces {
  readonly first: Int32Array;
  readonly from: Float64Array;
  readonly to: Float64Array;
  readonly total: Float64Array;
}

/** @param tree of the same answer with its missing spans @param raw the tree's times are raw ones */
export function pathPieces(trace: TraceResponse, tree: TraceTree, raw: boolean): PathPieces {
  const { row, from_ns: from, to_ns: to } = (raw && trace.raw_critical_path) || trace.critical_path;
  const n = tree.count;
  const positionOf = new Int32Array(n);
  for (let p = 0; p < n; p++) positionOf[tree.row[p]!] = p;
  const first = new Int32Array(n + 1);
  const total = new Float64Array(n);
  for (const r of row) {
    const p = positionOf[r]! + 1;
    first[p] = first[p]! + 1;
  }
  for (let p = 1; p <= n; p++) first[p] = first[p]! + first[p - 1]!;
  const cursor = first.slice();
  const pieces = { first, from: new Float64Array(row.length), to: new Float64Array(row.length), total };
  for (let i = 0; i < row.length; i++) {
    const p = positionOf[row[i]!]!;
    const slot = cursor[p]!;
    cursor[p] = slot + 1;
    pieces.from[slot] = from[i]!;
    pieces.to[slot] = to[i]!;
    total[p] = total[p]! + to[i]! - from[i]!;
  }
  return pieces;
}

// Repeated siblings (the N+1 query, the retry loop) as one row: runs of leaves with the same service and operation under one parent.
import type { TraceTree } from './trace-tree.ts';
import { STATUS_ERROR } from './trace-tree.ts';

/** Shorter runs are quicker read than opened. */
export const MIN_RUN = 5;

/** `length[p]` = spans of the run that begins at position p, 0 where none begins. Errors are never folded away. */
export function foldRepeats(tree: TraceTree, minRun = MIN_RUN): Int32Array {
  const length = new Int32Array(tree.count);
  let p = 0;
  while (p < tree.count) {
    let end = p;
    while (end < tree.count && alike(tree, p, end)) end++;
    if (end - p >= minRun) length[p] = end - p;
    p = Math.max(end, p + 1);
  }
  return length;
}

function alike(tree: TraceTree, a: number, b: number): boolean {
  return (
    tree.subtreeEnd[b] === b + 1 &&
    tree.status[b] !== STATUS_ERROR &&
    tree.parent[a] === tree.parent[b] &&
    tree.name[a] === tree.name[b] &&
    tree.service[a] === tree.service[b]
  );
}

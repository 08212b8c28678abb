// Which rows of the waterfall are open: collapsed subtrees and folded repeats left out. One pass over the positions.
import type { TraceTree } from '../shape/trace-tree.ts';

/** Row i shows position `position[i]`; `folded[i]` > 0 means that it stands for so many repeated spans; `nested[i]` is 1 for spans shown below their opened fold. */
export type VisibleRows = { readonly length: number; readonly position: Int32Array; readonly folded: Int32Array; readonly nested: Uint8Array };

export type OpenState = { readonly collapsed: ReadonlySet<number>; readonly openFolds: ReadonlySet<number> };

export function visibleRows(tree: TraceTree, folds: Int32Array, open: OpenState): VisibleRows {
  const capacity = tree.count + open.openFolds.size;
  const position = new Int32Array(capacity);
  const folded = new Int32Array(capacity);
  const nested = new Uint8Array(capacity);
  let length = 0;
  let p = 0;
  while (p < tree.count) {
    const run = folds[p] ?? 0;
    position[length] = p;
    if (run > 0) {
      folded[length] = run;
      length++;
      if (open.openFolds.has(p)) {
        for (let i = p; i < p + run; i++) {
          position[length] = i;
          nested[length] = 1;
          length++;
        }
      }
      p += run;
      continue;
    }
    length++;
    p = open.collapsed.has(p) ? tree.subtreeEnd[p]! : p + 1;
  }
  return { length, position: position.subarray(0, length), folded: folded.subarray(0, length), nested: nested.subarray(0, length) };
}

/** Row that shows position p, or the row of the nearest ancestor or fold that hides it. Binary search: positions never fall. */
export function rowOf(rows: VisibleRows, p: number): number {
  let low = 0;
  let high = rows.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (rows.position[middle]! <= p) low = middle;
    else high = middle - 1;
  }
  // The header of an opened fold shares its position with the first span below it: the span wins.
  return low;
}

/** Opens everything above p so that p has a row of its own. */
export function reveal(tree: TraceTree, folds: Int32Array, open: OpenState, p: number): OpenState {
  const collapsed = new Set(open.collapsed);
  const openFolds = new Set(open.openFolds);
  for (let up = tree.parent[p] ?? -1; up !== -1; up = tree.parent[up] ?? -1) collapsed.delete(up);
  for (let i = p; i >= 0 && tree.parent[i] === tree.parent[p]; i--) {
    const run = folds[i] ?? 0;
    if (run === 0) continue;
    if (i + run > p && run > 0) openFolds.add(i);
    break;
  }
  return { collapsed, openFolds };
}

/** Positions to collapse so that nothing deeper than `depth` shows. */
export function collapsedBelow(tree: TraceTree, depth: number): Set<number> {
  const collapsed = new Set<number>();
  for (let p = 0; p < tree.count; p++) if (tree.depth[p] === depth && tree.subtreeEnd[p]! > p + 1) collapsed.add(p);
  return collapsed;
}

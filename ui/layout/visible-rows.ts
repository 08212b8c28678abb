// Which rows of the waterfall are open: collapsed subtrees and folded runs left out, rows of linked traces after the spans. One pass over the positions.
import type { Run, Runs } from '../shape/repeats.ts';
import type { TraceTree } from '../shape/trace-tree.ts';

/** Row i shows position `position[i]`; `folded[i]` > 0 says that it is the head of a run of so many repeats; `nested[i]` counts the opened runs above it. */
export interface VisibleRows {
  readonly length: number;
  readonly position: Int32Array;
  readonly folded: Int32Array;
  readonly nested: Uint8Array;
}

export interface OpenState {
  readonly collapsed: ReadonlySet<number>;
  readonly openFolds: ReadonlySet<number>;
}

/** @param more rows after the last span, at positions from `tree.count` on */
export function visibleRows(tree: TraceTree, runs: Runs, open: OpenState, more = 0): VisibleRows {
  const capacity = tree.count + open.openFolds.size + more;
  const position = new Int32Array(capacity);
  const folded = new Int32Array(capacity);
  const nested = new Uint8Array(capacity);
  /** Ends of the opened runs that hold p, innermost last. */
  const ends: number[] = [];
  let length = 0;
  let p = 0;
  while (p < tree.count) {
    while (ends.length > 0 && p >= ends.at(-1)!) ends.pop();
    const run = runs.get(p);
    if (run !== undefined) {
      position[length] = p;
      folded[length] = run.spans;
      nested[length] = ends.length;
      length++;
      if (!open.openFolds.has(p)) {
        p = run.end;
        continue;
      }
      ends.push(run.end);
    }
    position[length] = p;
    nested[length] = ends.length;
    length++;
    p = open.collapsed.has(p) ? tree.subtreeEnd[p]! : p + 1;
  }
  for (let i = 0; i < more; i++) position[length++] = tree.count + i;
  return {
    length,
    position: position.subarray(0, length),
    folded: folded.subarray(0, length),
    nested: nested.subarray(0, length),
  };
}

/** Row that shows position p, or the row of the nearest ancestor or run that hides it. Binary search: positions never fall. */
export function rowOf(rows: VisibleRows, p: number): number {
  let low = 0;
  let high = rows.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (rows.position[middle]! <= p) low = middle;
    else high = middle - 1;
  }
  // The head of an opened run shares its position with the first span below it: the span wins.
  return low;
}

/** Opens everything above p so that p has a row of its own. */
export function reveal(tree: TraceTree, runs: Runs, open: OpenState, p: number): OpenState {
  const collapsed = new Set(open.collapsed);
  const openFolds = new Set(open.openFolds);
  for (let up = tree.parent[p] ?? -1; up !== -1; up = tree.parent[up] ?? -1) collapsed.delete(up);
  for (const run of runs.values()) if (run.first <= p && p < run.end) openFolds.add(run.first);
  return { collapsed, openFolds };
}

/** The innermost run that holds p; null when none does. */
export function runAround(runs: Runs, p: number): Run | null {
  let found: Run | null = null;
  for (const run of runs.values())
    if (run.first <= p && p < run.end && (found === null || run.first > found.first)) found = run;
  return found;
}

/** Positions to collapse so that nothing deeper than `depth` shows. */
export function collapsedBelow(tree: TraceTree, depth: number): Set<number> {
  const collapsed = new Set<number>();
  for (let p = 0; p < tree.count; p++) if (tree.depth[p] === depth && tree.subtreeEnd[p]! > p + 1) collapsed.add(p);
  return collapsed;
}

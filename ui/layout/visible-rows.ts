// Which rows of the waterfall are open: collapsed subtrees and folded runs left out, rows of linked traces after the spans. One pass over the positions.
import type { Run, Runs } from '../shape/repeats.ts';
import type { TraceTree } from '../shape/trace-tree.ts';

/**
 * Row i shows position `position[i]`; `folded[i]` > 0 says that it is the head of a run of so many repeats; `nested[i]` counts the opened runs above it;
 * `log[i]` > 0 says that it is the row of the so-manieth log record of that span.
 */
export interface VisibleRows {
  readonly length: number;
  readonly position: Int32Array;
  readonly folded: Int32Array;
  readonly nested: Uint8Array;
  readonly log: Uint16Array;
}

export interface OpenState {
  readonly collapsed: ReadonlySet<number>;
  readonly openFolds: ReadonlySet<number>;
}

/** What has rows beside or instead of all spans. */
export interface RowChoice {
  /** Only the spans of this service; what hangs below others still has its rows. */
  readonly service: number | null;
  /** Records by position, a row each; null: none has one. */
  readonly logs: ReadonlyMap<number, readonly unknown[]> | null;
}
const ALL_SPANS: RowChoice = { service: null, logs: null };
/** Of one span; the rest is on the Logs tab. */
const MOST_LOG_ROWS = 1_000;

/** @param more rows after the last span, at positions from `tree.count` on */
export function visibleRows(
  tree: TraceTree,
  runs: Runs,
  open: OpenState,
  more = 0,
  { service, logs }: RowChoice = ALL_SPANS,
): VisibleRows {
  let capacity = tree.count + open.openFolds.size + more;
  for (const records of logs?.values() ?? []) capacity += Math.min(records.length, MOST_LOG_ROWS);
  const position = new Int32Array(capacity);
  const folded = new Int32Array(capacity);
  const nested = new Uint8Array(capacity);
  const log = new Uint16Array(capacity);
  /** Ends of the opened runs that hold p, innermost last. */
  const ends: number[] = [];
  let length = 0;
  let p = 0;
  while (p < tree.count) {
    while (ends.length > 0 && p >= ends.at(-1)!) ends.pop();
    const isShown = service === null || tree.service[p] === service;
    const run = isShown ? runs.get(p) : undefined;
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
    if (isShown) {
      position[length] = p;
      nested[length] = ends.length;
      length++;
      const records = Math.min(logs?.get(p)?.length ?? 0, MOST_LOG_ROWS);
      for (let i = 1; i <= records; i++) {
        position[length] = p;
        nested[length] = ends.length;
        log[length] = i;
        length++;
      }
    }
    p = open.collapsed.has(p) ? tree.subtreeEnd[p]! : p + 1;
  }
  for (let i = 0; i < more; i++) position[length++] = tree.count + i;
  return {
    length,
    position: position.subarray(0, length),
    folded: folded.subarray(0, length),
    nested: nested.subarray(0, length),
    log: log.subarray(0, length),
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
  // The head of an opened run shares its position with the first span below it, and so do log records: the span wins.
  while (low > 0 && rows.log[low]! > 0) low--;
  return low;
}

/** Opens everything above p so that p has a row of its own; `open` itself where nothing hides it. */
export function reveal(tree: TraceTree, runs: Runs, open: OpenState, p: number): OpenState {
  const hiding: number[] = [];
  for (let up = tree.parent[p] ?? -1; up !== -1; up = tree.parent[up] ?? -1)
    if (open.collapsed.has(up)) hiding.push(up);
  const folding: number[] = [];
  for (const run of runs.values())
    if (run.first <= p && p < run.end && !open.openFolds.has(run.first)) folding.push(run.first);
  if (hiding.length === 0 && folding.length === 0) return open;
  const collapsed = new Set(open.collapsed);
  for (const up of hiding) collapsed.delete(up);
  return { collapsed, openFolds: new Set([...open.openFolds, ...folding]) };
}

/** One level less is open: the deepest that shows children closes. */
export function closeLevel(tree: TraceTree, open: OpenState): OpenState {
  let deepest = -1;
  eachOpen(tree, open, (p) => (deepest = Math.max(deepest, tree.depth[p]!)));
  if (deepest < 0) return open;
  const collapsed = new Set(open.collapsed);
  eachOpen(tree, open, (p) => tree.depth[p] === deepest && collapsed.add(p));
  return { ...open, collapsed };
}

/** One level more is open: of what is closed, the least deep opens. */
export function openLevel(tree: TraceTree, open: OpenState): OpenState {
  let least = Number.POSITIVE_INFINITY;
  for (const p of open.collapsed) least = Math.min(least, tree.depth[p]!);
  const collapsed = new Set<number>();
  for (const p of open.collapsed) if (tree.depth[p]! > least) collapsed.add(p);
  return { ...open, collapsed };
}

/** Positions that show and have open children. */
function eachOpen(tree: TraceTree, open: OpenState, visit: (p: number) => void): void {
  for (let p = 0; p < tree.count;) {
    const isClosed = open.collapsed.has(p);
    if (!isClosed && tree.subtreeEnd[p]! > p + 1) visit(p);
    p = isClosed ? tree.subtreeEnd[p]! : p + 1;
  }
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

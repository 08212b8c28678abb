// A trace answer as typed arrays in drawing order: position p is the p-th row of the fully opened waterfall. Iterative, 100,000 spans in one go.
import type { TraceResponse } from '#proto/api/trace.ts';
import { hasNoEnd } from './span-end.ts';

/** Columns by position; `row` leads back to the answer. Times are ns from the trace's start, corrected unless named raw. */
export interface TraceTree {
  readonly count: number;
  readonly row: Int32Array;
  /** Position of the parent, -1 for roots. */
  readonly parent: Int32Array;
  readonly depth: Int32Array;
  /** First position after the subtree. */
  readonly subtreeEnd: Int32Array;
  readonly start: Float64Array;
  readonly rawStart: Float64Array;
  readonly duration: Float64Array;
  /** 1: the span has no end; its duration is 0. */
  readonly noEnd: Uint8Array;
  /** Time of the span that no child covers. */
  readonly self: Float64Array;
  readonly service: Uint32Array;
  readonly name: Uint32Array;
  readonly kind: Uint8Array;
  readonly status: Uint8Array;
  /** Errors in the subtree, the span's own among them. */
  readonly errors: Int32Array;
  readonly startNs: number;
  readonly endNs: number;
}

export const STATUS_ERROR = 2;

interface Links {
  readonly first: Int32Array;
  readonly next: Int32Array;
  readonly roots: number;
}

/** Child lists in order of corrected start: filled backwards so that each list comes out forwards. Last slot of `first` holds the roots. */
function childLists(trace: TraceResponse, start: Float64Array): Links {
  const n = start.length;
  const order = new Int32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  order.sort((a, b) => start[a]! - start[b]! || trace.duration_ns[b]! - trace.duration_ns[a]! || a - b);
  const first = new Int32Array(n + 1).fill(-1);
  const next = new Int32Array(n).fill(-1);
  for (let i = n - 1; i >= 0; i--) {
    const row = order[i]!;
    const parent = trace.parent[row]!;
    const list = parent >= 0 && parent < n && parent !== row ? parent : n;
    next[row] = first[list]!;
    first[list] = row;
  }
  return { first, next, roots: n };
}

/** Rows in depth-first order with their parents' positions; rows that a loop of parents hides come last, as roots. HOT */
function preorder(links: Links, n: number): { row: Int32Array; parent: Int32Array; depth: Int32Array } {
  const row = new Int32Array(n);
  const parent = new Int32Array(n);
  const depth = new Int32Array(n);
  const seen = new Uint8Array(n);
  const stack = new Int32Array(n + 1);
  const stackPosition = new Int32Array(n + 1);
  let filled = 0;
  let rescue = 0;
  let start = links.first[links.roots]!;
  while (filled < n) {
    if (start === -1) {
      while (rescue < n && seen[rescue] === 1) rescue++;
      if (rescue === n) break;
      start = rescue;
    }
    let top = 0;
    stack[0] = start;
    stackPosition[0] = -1;
    start = -1;
    while (top >= 0) {
      const current = stack[top]!;
      const above = stackPosition[top]!;
      // A rescued row has siblings that are not roots: its list is followed only while unseen.
      const sibling = links.next[current]!;
      if (sibling === -1 || seen[sibling] === 1) top--;
      else stack[top] = sibling;
      if (seen[current] === 1) continue;
      seen[current] = 1;
      row[filled] = current;
      parent[filled] = above;
      depth[filled] = above === -1 ? 0 : depth[above]! + 1;
      const child = links.first[current]!;
      if (child !== -1) {
        top++;
        stack[top] = child;
        stackPosition[top] = filled;
      }
      filled++;
    }
  }
  return { row, parent, depth };
}

/** ns of [start, end) of p that no child covers; children come sorted by start. */
function selfTimes(parent: Int32Array, start: Float64Array, duration: Float64Array): Float64Array {
  const n = parent.length;
  const self = Float64Array.from(duration);
  const covered = new Float64Array(n).fill(Number.NEGATIVE_INFINITY);
  for (let p = 0; p < n; p++) {
    const up = parent[p]!;
    if (up === -1) continue;
    const from = Math.max(start[p]!, start[up]!, covered[up]!);
    const to = Math.min(start[p]! + duration[p]!, start[up]! + duration[up]!);
    if (to <= from) continue;
    self[up] = self[up]! - (to - from);
    covered[up] = to;
  }
  return self;
}

/** Builds the tree; `raw` leaves clocks uncorrected. */
export function buildTraceTree(trace: TraceResponse, raw = false): TraceTree {
  const n = trace.span_id.length;
  const originNs = Number(trace.summary.start);
  const byRow = new Float64Array(n);
  for (let i = 0; i < n; i++) byRow[i] = trace.start_offset_ns[i]! + (raw ? 0 : trace.skew_ns[i]!);
  const { row, parent, depth } = preorder(childLists(trace, byRow), n);
  const tree = {
    count: n,
    row,
    parent,
    depth,
    subtreeEnd: new Int32Array(n),
    start: new Float64Array(n),
    rawStart: new Float64Array(n),
    duration: new Float64Array(n),
    noEnd: new Uint8Array(n),
    service: new Uint32Array(n),
    name: new Uint32Array(n),
    kind: new Uint8Array(n),
    status: new Uint8Array(n),
    errors: new Int32Array(n),
  };
  let startNs = n === 0 ? 0 : Number.POSITIVE_INFINITY;
  let endNs = n === 0 ? 0 : Number.NEGATIVE_INFINITY;
  for (let p = 0; p < n; p++) {
    const r = row[p]!;
    tree.start[p] = byRow[r]!;
    tree.rawStart[p] = trace.start_offset_ns[r]!;
    // An end before the start, or none: the span is drawn where it began.
    tree.duration[p] = Math.max(0, trace.duration_ns[r]!);
    tree.noEnd[p] = hasNoEnd(trace.duration_ns[r]!, originNs + trace.start_offset_ns[r]!) ? 1 : 0;
    tree.service[p] = trace.service[r]!;
    tree.name[p] = trace.name[r]!;
    tree.kind[p] = trace.kind[r]!;
    tree.status[p] = trace.status[r]!;
    tree.errors[p] = tree.status[p] === STATUS_ERROR ? 1 : 0;
    tree.subtreeEnd[p] = p + 1;
    startNs = Math.min(startNs, tree.start[p]!);
    endNs = Math.max(endNs, tree.start[p]! + tree.duration[p]!);
  }
  for (let p = n - 1; p >= 0; p--) {
    const up = parent[p]!;
    if (up === -1) continue;
    if (tree.subtreeEnd[p]! > tree.subtreeEnd[up]!) tree.subtreeEnd[up] = tree.subtreeEnd[p]!;
    tree.errors[up] = tree.errors[up]! + tree.errors[p]!;
  }
  return { ...tree, self: selfTimes(parent, tree.start, tree.duration), startNs, endNs };
}

// The critical path of a trace: which span the end of the root waited for, at every moment. Sections tile the root exactly; no recursion.
import type { TraceTree } from './trace-tree.ts';

/** Sections in no order of time: position, from, to (ns from the trace's start). `first[p]…first[p+1]` are those of position p. */
export type CriticalPath = {
  readonly first: Int32Array;
  readonly from: Float64Array;
  readonly to: Float64Array;
  readonly total: Float64Array;
};

const KIND_PRODUCER = 4;
const KIND_CONSUMER = 5;

/** Children of each position by clipped end, latest first: `list[begin[p]…begin[p+1]]`. Async and out-of-parent children are left out. */
function clippedChildren(tree: TraceTree, s: Float64Array, e: Float64Array): { begin: Int32Array; list: Int32Array } {
  const n = tree.count;
  const keep = new Uint8Array(n);
  const begin = new Int32Array(n + 2);
  for (let p = 0; p < n; p++) {
    const up = tree.parent[p]!;
    const end = tree.start[p]! + tree.duration[p]!;
    s[p] = tree.start[p]!;
    e[p] = end;
    if (up === -1) continue;
    s[p] = Math.max(s[p]!, s[up]!);
    e[p] = Math.min(end, e[up]!);
    const async = tree.kind[up] === KIND_PRODUCER && tree.kind[p] === KIND_CONSUMER;
    if (async || e[p]! <= s[p]! || (tree.parent[up] !== -1 && keep[up] === 0)) continue;
    keep[p] = 1;
    begin[up + 2] = begin[up + 2]! + 1;
  }
  for (let p = 2; p < begin.length; p++) begin[p] = begin[p]! + begin[p - 1]!;
  const list = new Int32Array(begin[n + 1]!);
  for (let p = 0; p < n; p++) {
    if (keep[p] === 0) continue;
    const up = tree.parent[p]! + 1;
    list[begin[up]!] = p;
    begin[up] = begin[up]! + 1;
  }
  for (let p = 0; p < n; p++)
    if (begin[p + 1]! - begin[p]! > 1)
      list.subarray(begin[p], begin[p + 1]).sort((a, b) => e[b]! - e[a]! || s[b]! - s[a]!);
  return { begin, list };
}

/** Critical path of the root that ends last among those that begin first, i.e. of the first row. */
export function criticalPath(tree: TraceTree): CriticalPath {
  const n = tree.count;
  const s = new Float64Array(n);
  const e = new Float64Array(n);
  const { begin, list } = clippedChildren(tree, s, e);
  const who: number[] = [];
  const from: number[] = [];
  const to: number[] = [];
  const stack = new Int32Array(n + 1);
  const at = new Int32Array(n + 1);
  const time = new Float64Array(n + 1);
  let top = n === 0 ? -1 : 0;
  if (n > 0) {
    at[0] = begin[0]!;
    time[0] = e[0]!;
  }
  while (top >= 0) {
    const p = stack[top]!;
    let i = at[top]!;
    const stop = begin[p + 1]!;
    while (i < stop && (e[list[i]!]! > time[top]! || e[list[i]!]! <= s[list[i]!]!)) i++;
    const lower = i < stop ? e[list[i]!]! : s[p]!;
    if (time[top]! > lower) {
      who.push(p);
      from.push(lower);
      to.push(time[top]!);
    }
    if (i >= stop) {
      top--;
      continue;
    }
    const child = list[i]!;
    at[top] = i + 1;
    time[top] = s[child]!;
    top++;
    stack[top] = child;
    at[top] = begin[child]!;
    time[top] = e[child]!;
  }
  return bySpan(n, who, from, to);
}

function bySpan(n: number, who: readonly number[], from: readonly number[], to: readonly number[]): CriticalPath {
  const first = new Int32Array(n + 1);
  const total = new Float64Array(n);
  for (const p of who) first[p + 1] = first[p + 1]! + 1;
  for (let p = 1; p <= n; p++) first[p] = first[p]! + first[p - 1]!;
  const cursor = first.slice();
  const path = { first, from: new Float64Array(who.length), to: new Float64Array(who.length), total };
  for (let i = 0; i < who.length; i++) {
    const p = who[i]!;
    const slot = cursor[p]!;
    cursor[p] = slot + 1;
    path.from[slot] = from[i]!;
    path.to[slot] = to[i]!;
    total[p] = total[p]! + to[i]! - from[i]!;
  }
  return path;
}

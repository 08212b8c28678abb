// Runs of similar siblings (the N+1 query, the retry loop) as places in the tree. Which spans are a run is the server's word: it compares statements, which are not here.
import type { TraceResponse } from '#proto/api/trace.ts';
import type { TraceTree } from './trace-tree.ts';

/** One run: positions [first, end), what hangs below its spans included. Times in ns from the trace's start. */
export interface Run {
  readonly first: number;
  readonly end: number;
  readonly spans: number;
  /** Sum of the durations of its spans. */
  readonly totalNs: number;
  readonly startNs: number;
  readonly endNs: number;
  /** Errors among its spans and below them. */
  readonly errors: number;
}

/** Runs by the position of their first span. */
export type Runs = ReadonlyMap<number, Run>;

export const NO_RUNS: Runs = new Map();

/** Runs of `trace` in its tree. A run that is not all there (spans cut off or not arrived) is as long as what is there; runs never overlap, but may lie inside others. */
export function runsOf(tree: TraceTree, trace: TraceResponse): Runs {
  const reported = trace.summary.repeats ?? [];
  if (reported.length === 0) return NO_RUNS;
  const wanted = new Map<string, number>();
  for (const run of reported) wanted.set(run.first_span_id, Math.max(run.spans, wanted.get(run.first_span_id) ?? 0));
  const runs = new Map<number, Run>();
  /** End of the last run below each parent; -1 for no parent. */
  const taken = new Map<number, number>();
  for (let p = 0; p < tree.count; p++) {
    const most = wanted.get(trace.span_id[tree.row[p]!] ?? '');
    const parent = tree.parent[p]!;
    if (most === undefined || p < (taken.get(parent) ?? 0)) continue;
    const run = runAt(tree, p, most);
    if (run.spans < 2) continue;
    runs.set(p, run);
    taken.set(parent, run.end);
  }
  return runs;
}

function runAt(tree: TraceTree, first: number, most: number): Run {
  let spans = 0;
  let totalNs = 0;
  let errors = 0;
  let endNs = Number.NEGATIVE_INFINITY;
  let p = first;
  while (
    p < tree.count &&
    spans < most &&
    tree.parent[p] === tree.parent[first] &&
    tree.name[p] === tree.name[first] &&
    tree.service[p] === tree.service[first]
  ) {
    spans++;
    totalNs += tree.duration[p]!;
    errors += tree.errors[p]!;
    endNs = Math.max(endNs, tree.start[p]! + tree.duration[p]!);
    p = tree.subtreeEnd[p]!;
  }
  return { first, end: p, spans, totalNs, startNs: tree.start[first]!, endNs, errors };
}

// The spans of a trace by service and operation: how often, how much time of their own, how much of the critical path.
import type { PathPieces } from './path-pieces.ts';
import { KIND_MISSING } from './missing-spans.ts';
import { STATUS_ERROR } from './trace-tree.ts';
import type { TraceTree } from './trace-tree.ts';

/** Times in ns. `first` is the position of the longest span of the group. */
export interface SpanGroup {
  readonly service: number;
  readonly name: number;
  count: number;
  errors: number;
  total: number;
  self: number;
  longest: number;
  critical: number;
  first: number;
}

export function spanGroups(tree: TraceTree, path: PathPieces): SpanGroup[] {
  const groups = new Map<number, SpanGroup>();
  for (let p = 0; p < tree.count; p++) {
    if (tree.kind[p] === KIND_MISSING) continue;
    const service = tree.service[p]!;
    const name = tree.name[p]!;
    // Names of a trace are far fewer than 2^21, so the pair is one exact number.
    const key = service * 2 ** 21 + name;
    let group = groups.get(key);
    if (!group) {
      group = { service, name, count: 0, errors: 0, total: 0, self: 0, longest: -1, critical: 0, first: p };
      groups.set(key, group);
    }
    group.count++;
    group.total += tree.duration[p]!;
    group.self += Math.max(0, tree.self[p]!);
    group.critical += path.total[p]!;
    if (tree.status[p] === STATUS_ERROR) group.errors++;
    if (tree.duration[p]! > group.longest) {
      group.longest = tree.duration[p]!;
      group.first = p;
    }
  }
  return [...groups.values()];
}

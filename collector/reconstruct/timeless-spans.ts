// Spans that were sent with neither start nor end.
import type { TraceView } from '../model/trace.ts';

/** What it reads and writes of a tree, see TraceDag. */
interface TimedTree {
  readonly liveCount: number;
  readonly order: Int32Array;
  readonly rows: Int32Array;
  readonly parent: Int32Array;
  readonly startNs: Float64Array;
  readonly endNs: Float64Array;
}

/** A span without any time stands where its parent starts. The tree MUST be arranged: parents come before their children. */
export function placeTimeless(view: TraceView, tree: TimedTree): void {
  const { spans } = view.memory;
  const { order, rows, parent, startNs, endNs } = tree;
  for (let i = 0; i < tree.liveCount; i++) {
    const node = order[i]!;
    const row = rows[node]!;
    const above = parent[node]!;
    if (
      row < 0 ||
      above < 0 ||
      (spans.startHi[row]! | spans.startLo[row]! | spans.endHi[row]! | spans.endLo[row]!) !== 0
    )
      continue;
    startNs[node] = startNs[above]!;
    endNs[node] = startNs[above]!;
  }
}

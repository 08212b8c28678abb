// Spans that were sent with neither start nor end.
import type { TraceView } from '../model/trace.ts';
import type { TraceDag } from './dag.ts';

/** A span without any time stands where its parent starts. The tree MUST be arranged: parents come before their children. */
export function placeTimeless(view: TraceView, dag: TraceDag): void {
  const { spans } = view.memory;
  const { order, rows, parent, startNs, endNs } = dag;
  for (let i = 0; i < dag.liveCount; i++) {
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

// Which node a trace begins with, found in one pass, so that it is known before the tree is put in order.
import { KIND_CONSUMER, KIND_SERVER } from '#proto/otlp/enums.ts';
import type { TraceView } from '../model/trace.ts';
import { isBefore } from '#proto/critical-path/node-sorter.ts';

const NODE_SPAN = 0;
/** Best first: a root that serves or consumes, any other root, a span below a missing parent. */
const ENTRY = 0;
const ROOT = 1;
const BELOW = 2;

/** What of a DAG the choice is made from. */
export interface RootColumns {
  readonly count: number;
  readonly rows: Int32Array;
  readonly state: Uint8Array;
  readonly parent: Int32Array;
  readonly startNs: Float64Array;
  readonly endNs: Float64Array;
  readonly idHi: Uint32Array;
  readonly idLo: Uint32Array;
  readonly rank: Int32Array;
}

/** HOT: the primary root: earliest parentless SERVER or CONSUMER, else earliest root, else earliest span; -1 for no spans. */
export function primaryRootOf(view: TraceView, dag: RootColumns): number {
  const { kind } = view.memory.spans;
  const { rows, state, parent, startNs, endNs, idHi, idLo, rank } = dag;
  let best = -1;
  let bestClass = BELOW + 1;
  for (let node = 0; node < dag.count; node++) {
    if (state[node] !== NODE_SPAN) continue;
    const k = kind[rows[node]!];
    const nodeClass = parent[node]! >= 0 ? BELOW : k === KIND_SERVER || k === KIND_CONSUMER ? ENTRY : ROOT;
    if (nodeClass > bestClass) continue;
    if (
      nodeClass < bestClass ||
      startNs[node]! < startNs[best]! ||
      (startNs[node] === startNs[best] && isBefore(node, best, endNs, idHi, idLo, rank))
    ) {
      best = node;
      bestClass = nodeClass;
    }
  }
  return best;
}

// Clock correction edge by edge, each trace by itself, as Zipkin and Jaeger do it: what the method over all traces has to beat.
// A child that is not within its parent is moved into it, and all below it with it.
import { NODE_SPAN } from '#collector/reconstruct/dag.ts';
import type { TraceDag } from '#collector/reconstruct/dag.ts';

/** ns added to each node's times. @param hostOf host number per node */
export function perEdgeSkew(dag: TraceDag, hostOf: Int32Array): Float64Array {
  const skew = new Float64Array(dag.nodeCount);
  for (let i = 0; i < dag.liveCount; i++) {
    const node = dag.order[i]!;
    const parent = dag.parent[node]!;
    if (parent < 0 || dag.state[parent] !== NODE_SPAN) continue;
    if (hostOf[node] === hostOf[parent]) {
      skew[node] = skew[parent]!;
      continue;
    }
    const from = dag.startNs[parent]! + skew[parent]!;
    const to = dag.endNs[parent]! + skew[parent]!;
    const start = dag.startNs[node]!;
    const end = dag.endNs[node]!;
    const room = to - from - (end - start);
    if (room < 0) skew[node] = start < from ? from - start : 0;
    else if (start >= from && end <= to) skew[node] = 0;
    else skew[node] = from + room / 2 - start;
  }
  return skew;
}

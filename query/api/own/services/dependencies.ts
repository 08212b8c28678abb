// The service map: who calls whom, from 100 % of the spans.
import type { DependenciesResponse } from '#proto/api/services.ts';
import { EdgeKind } from '#proto/api/services.ts';
import type { ServiceReader } from '#query/store/services/contract.ts';
import type { TimeRange } from '#query/store/time-range.ts';
import { quantileMs } from './quantile.ts';

/** Edges of one map; beyond it the busiest are shown. */
const MAX_EDGES = 2000;

type Node = DependenciesResponse['nodes'][number];

export async function dependencies(reader: ServiceReader, range: TimeRange): Promise<DependenciesResponse> {
  const [{ rows: sums, count }, served] = await Promise.all([reader.edges(range, MAX_EDGES), reader.served(range)]);
  const servedBy = new Map(served.map((one) => [one.service, one]));
  const nodes = new Map<string, Node>();
  // Whoever sends spans is a service; a name that only edges know is what the edge says: a queue, a database, something outside.
  const node = (id: string, edgeKind: EdgeKind, calls: number, errors: number): void => {
    const kind = servedBy.has(id) || edgeKind === 'rpc' || edgeKind === 'internal' ? 'service' : edgeKind;
    const held = nodes.get(id);
    nodes.set(id, {
      id,
      kind: held?.kind ?? kind,
      calls: (held?.calls ?? 0) + calls,
      errors: (held?.errors ?? 0) + errors,
    });
  };
  const edges = sums.map((sum) => {
    const kind = EdgeKind.catch('rpc').parse(sum.kind);
    const edge = { caller: sum.caller, callee: sum.callee, kind, calls: sum.total, errors: sum.failed };
    node(edge.caller, kind, 0, 0);
    node(edge.callee, kind, edge.calls, edge.errors);
    return {
      ...edge,
      mean_ms: edge.calls === 0 ? null : sum.durationSumNs / edge.calls / 1e6,
      p95_ms: quantileMs(0.95, sum.boundsUs, sum.counts),
      lag_ms: sum.lagTotal === 0 ? null : sum.lagTotalNs / sum.lagTotal / 1e6,
    };
  });
  // A service's calls are those it served, whoever called; the calls of other nodes are known from the edges alone.
  for (const held of nodes.values()) {
    const own = held.kind === 'service' ? servedBy.get(held.id) : undefined;
    if (own !== undefined) nodes.set(held.id, { ...held, calls: own.total, errors: own.failed });
  }
  return {
    edge_count: count,
    nodes: [...nodes.values()].toSorted((a, b) => b.calls - a.calls || (a.id < b.id ? -1 : 1)),
    edges,
  };
}

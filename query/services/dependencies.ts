// The service map: who calls whom, from 100 % of the spans.
import type { DependenciesResponse } from '#proto/api/services.ts';
import { EdgeKind } from '#proto/api/services.ts';
import { listOf, numberOf, textOf, type Database, type Row } from '../store/database.ts';
import type { TimeRange } from '../time-range.ts';
import { quantileMs } from './quantile.ts';
import { IN_MINUTES, IN_RANGE } from './range-sql.ts';
import { SERVED } from './red.ts';

/** Edges of one map; beyond it the busiest are shown. */
const MAX_EDGES = 2000;

type Node = DependenciesResponse['nodes'][number];

export async function dependencies(db: Database, range: TimeRange): Promise<DependenciesResponse> {
  const bindings = { start: String(range.startNs), end: String(range.endNs) };
  const [rows, served] = await Promise.all([
    edgeRows(db, bindings),
    db.rows(
      `SELECT service, sumIf(calls, ${SERVED}), sumIf(calls, ${SERVED} AND status = 2) FROM red WHERE ${IN_RANGE} GROUP BY service`,
      bindings,
    ),
  ]);
  const servedBy = new Map(served.map((row) => [textOf(row[0]), row]));
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
  const edges = rows.map((row) => {
    const kind = EdgeKind.catch('rpc').parse(textOf(row[2]));
    const edge = {
      caller: textOf(row[0]),
      callee: textOf(row[1]),
      kind,
      calls: numberOf(row[3]),
      errors: numberOf(row[4]),
    };
    node(edge.caller, kind, 0, 0);
    node(edge.callee, kind, edge.calls, edge.errors);
    const bounds = listOf(row[7]).map((cell) => numberOf(cell));
    const counts = listOf(row[8]).map((cell) => numberOf(cell));
    const lags = numberOf(row[9]);
    return {
      ...edge,
      mean_ms: edge.calls === 0 ? null : numberOf(row[5]) / edge.calls / 1e6,
      p95_ms: quantileMs(0.95, bounds, counts),
      lag_ms: lags === 0 ? null : numberOf(row[10]) / lags / 1e6,
    };
  });
  // A service's calls are those it served, from wherever they came; other nodes have only the edges to tell.
  for (const held of nodes.values()) {
    const row = held.kind === 'service' ? servedBy.get(held.id) : undefined;
    if (row !== undefined) nodes.set(held.id, { ...held, calls: numberOf(row[1]), errors: numberOf(row[2]) });
  }
  return { nodes: [...nodes.values()].toSorted((a, b) => b.calls - a.calls || (a.id < b.id ? -1 : 1)), edges };
}

function edgeRows(db: Database, bindings: { start: string; end: string }): Promise<Row[]> {
  return db.rows(
    `SELECT caller, callee, kind, sum(calls) AS total, sum(errors), sum(duration_sum_ns), sumMap(duration_buckets) AS buckets,
       mapKeys(buckets), mapValues(buckets), sum(lag_count), sum(lag_sum_ns)
     FROM edges
     WHERE ${IN_MINUTES}
     GROUP BY caller, callee, kind ORDER BY total DESC LIMIT {limit:UInt32}`,
    { ...bindings, limit: MAX_EDGES },
  );
}

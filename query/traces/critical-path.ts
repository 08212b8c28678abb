// Critical paths added up over the traces of a filter: which operations make them slow. Weighted, so dropped traces count too.
import type { CriticalPathQuery, CriticalPathResponse } from '#proto/api/critical-path.ts';
import { numberOf, textOf, type Database } from '../store/database.ts';
import { timeRange } from '../time-range.ts';
import { filterSql } from './filter.ts';
import { WEIGHT } from './weight.ts';

export async function criticalPath(
  db: Database,
  query: CriticalPathQuery,
  nowMs: number,
): Promise<CriticalPathResponse> {
  const { where, bindings } = filterSql(query, timeRange(query, nowMs));
  const matching = `FROM traces FINAL WHERE ${where} AND ({root_name:String} = '' OR root_name = {root_name:String})`;
  const bound = { ...bindings, root_name: query.root_name ?? '' };
  const [totals, rows] = await Promise.all([
    db.rows(
      `SELECT count(), sum(${WEIGHT}), sum(${WEIGHT} * duration_ns), sum(${WEIGHT} * arraySum(x -> x.4, operations)) ${matching}`,
      bound,
    ),
    db.rows(
      `SELECT op.1 AS service, op.2 AS name, sum(w * op.4) AS on_path, sum(w * op.5), sum(w * op.6), sum(w * op.3),
         sumIf(w, op.4 > 0), sumIf(w * op.7, op.7 > 0), sumIf(w, op.7 > 0), lower(hex(argMax(trace_id, op.4)))
       FROM (SELECT trace_id, ${WEIGHT} AS w, arrayJoin(operations) AS op ${matching})
       GROUP BY service, name ORDER BY on_path DESC, service, name LIMIT {limit:UInt32}`,
      { ...bound, limit: query.limit },
    ),
  ]);
  const total = totals[0] ?? [];
  const standsFor = numberOf(total[1]);
  const pathNs = numberOf(total[3]);
  return {
    total: {
      kept: numberOf(total[0]),
      stands_for: standsFor,
      mean_duration_ns: standsFor === 0 ? null : numberOf(total[2]) / standsFor,
      mean_path_ns: standsFor === 0 ? null : pathNs / standsFor,
    },
    operations: rows.map((row) => {
      const mean = (column: number): number => numberOf(row[column]) / standsFor;
      const offPath = numberOf(row[8]);
      return {
        service: textOf(row[0]),
        name: textOf(row[1]),
        share: pathNs === 0 ? 0 : numberOf(row[2]) / pathNs,
        path_ns: mean(2),
        self_ns: mean(3),
        drag_ns: mean(4),
        slack_ns: offPath === 0 ? null : numberOf(row[7]) / offPath,
        spans: mean(5),
        traces: mean(6),
        example: textOf(row[9]),
      };
    }),
  };
}

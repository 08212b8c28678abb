// Critical paths added up over the traces of a filter: which operations make them slow. Weighted, so dropped traces count too.
import type { CriticalPathQuery, CriticalPathResponse } from '#proto/api/critical-path.ts';
import type { TraceReader } from '#query/store/traces/contract.ts';
import { parseTraceFilter } from './parse-filter.ts';

export async function criticalPath(
  traces: TraceReader,
  query: CriticalPathQuery,
  nowMs: number,
): Promise<CriticalPathResponse> {
  const filter = parseTraceFilter(query, nowMs);
  const [{ kept, standsFor, durationNs, pathNs }, operations] = await Promise.all([
    traces.pathTotals(filter),
    traces.pathOperations(filter, query.limit),
  ]);
  return {
    total: {
      kept,
      stands_for: standsFor,
      mean_duration_ns: standsFor === 0 ? null : durationNs / standsFor,
      mean_path_ns: standsFor === 0 ? null : pathNs / standsFor,
    },
    operations: operations.map((operation) => ({
      service: operation.service,
      name: operation.name,
      share: pathNs === 0 ? 0 : operation.onPathNs / pathNs,
      path_ns: operation.onPathNs / standsFor,
      self_ns: operation.selfNs / standsFor,
      drag_ns: operation.dragNs / standsFor,
      slack_ns: operation.offPathTraces === 0 ? null : operation.slackNs / operation.offPathTraces,
      spans: operation.spans / standsFor,
      traces: operation.onPathTraces / standsFor,
      example: operation.exampleTraceId,
    })),
  };
}

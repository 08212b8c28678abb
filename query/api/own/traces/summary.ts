// The summary of a trace as the API shows it. One place, so that search and trace page agree.
import type { TraceSummary as Shown } from '#proto/api/search.ts';
import type { TraceSummary } from '#query/store/traces/contract.ts';

export function shapeSummary(summary: TraceSummary): Shown {
  return {
    trace_id: summary.traceId,
    start: summary.startNs,
    duration_ns: summary.durationNs,
    root_service: summary.rootService,
    root_name: summary.rootName,
    span_count: summary.spanCount,
    error_count: summary.errorCount,
    root_present: summary.rootPresent,
    missing_parents: summary.missingParents,
    services: summary.serviceSpans.toSorted((a, b) => b.spans - a.spans || (a.service < b.service ? -1 : 1)),
    rule: summary.rule,
    trigger: summary.trigger,
    weight: summary.adjustedCount,
    warnings: [...summary.warningKinds],
  };
}

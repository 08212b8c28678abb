// The reconstruction report: what traces had to be repaired for, by service and kind of warning.
import { type ReconstructionReportResponse, WarningKind } from '#proto/api/reconstruction-report.ts';
import { WARNING_MEANING } from '#proto/api/warning-meaning.ts';
import type { ServiceReader } from '#query/store/services/contract.ts';
import type { TimeRange } from '#query/store/time-range.ts';

/** Lines of one report, those with most spans first. */
const MAX_LINES = 1000;
const NO_ID = '0'.repeat(32);

export async function reconstructionReport(
  reader: ServiceReader,
  range: TimeRange,
): Promise<ReconstructionReportResponse> {
  const lines = await reader.repairs(range, MAX_LINES);
  return {
    rows: lines.flatMap(({ service, kind: word, traceTotal, total, exampleTraceId, keptTraceId }) => {
      const kind = WarningKind.safeParse(word).data;
      if (kind === undefined) return []; // written by a newer collector
      const isKept = keptTraceId !== '';
      return [
        {
          service,
          kind,
          traces: traceTotal,
          spans: total,
          // Zeros where none is known, as ids of the store are.
          example_trace_id: isKept ? keptTraceId : exampleTraceId || NO_ID,
          example_kept: isKept,
          meaning: WARNING_MEANING[kind],
        },
      ];
    }),
  };
}

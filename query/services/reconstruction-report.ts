// The reconstruction report: what traces had to be repaired for, by service and kind of warning.
import { type ReconstructionReportResponse, WarningKind } from '#proto/api/reconstruction-report.ts';
import { WARNING_MEANING } from '#proto/api/warning-meaning.ts';
import { numberOf, textOf, type Database } from '../store/database.ts';
import type { TimeRange } from '../time-range.ts';
import { IN_MINUTES } from './range-sql.ts';

/** Lines of one report, those with most spans first. */
const MAX_LINES = 1000;
const NO_ID = '0'.repeat(32);

export async function reconstructionReport(db: Database, range: TimeRange): Promise<ReconstructionReportResponse> {
  const rows = await db.rows(
    `SELECT service, kind, sum(traces), sum(spans) AS total, lower(hex(max(example))), lower(hex(max(kept_example)))
     FROM reconstruction
     WHERE ${IN_MINUTES}
     GROUP BY service, kind ORDER BY total DESC, service, kind LIMIT {limit:UInt32}`,
    { start: String(range.startNs), end: String(range.endNs), limit: MAX_LINES },
  );
  return {
    rows: rows.flatMap((row) => {
      const kind = WarningKind.safeParse(textOf(row[1])).data;
      if (kind === undefined) return []; // written by a newer collector
      const kept = textOf(row[5]);
      const isKept = kept !== NO_ID;
      return [
        {
          service: textOf(row[0]),
          kind,
          traces: numberOf(row[2]),
          spans: numberOf(row[3]),
          example_trace_id: isKept ? kept : textOf(row[4]),
          example_kept: isKept,
          meaning: WARNING_MEANING[kind],
        },
      ];
    }),
  };
}

// The propagation report: where trace context goes wrong, by cause and pair of services.
import { PROPAGATION_ADVICE, PropagationCause, type PropagationResponse } from '#proto/api/propagation.ts';
import { numberOf, textOf, type Database } from '../store/database.ts';
import type { TimeRange } from '../time-range.ts';
import { IN_MINUTES } from './range-sql.ts';

/** Lines of one report, those with most problems first. */
const MAX_LINES = 1000;
const NO_ID = '0'.repeat(32);

export async function propagation(db: Database, range: TimeRange): Promise<PropagationResponse> {
  const rows = await db.rows(
    `SELECT cause, caller, callee, sum(problems) AS total, sum(of), lower(hex(max(example))), lower(hex(max(kept_example)))
     FROM propagation
     WHERE ${IN_MINUTES}
     GROUP BY cause, caller, callee HAVING total > 0 ORDER BY total DESC, cause, caller, callee LIMIT {limit:UInt32}`,
    { start: String(range.startNs), end: String(range.endNs), limit: MAX_LINES },
  );
  return {
    problems: rows.flatMap((row) => {
      const cause = PropagationCause.safeParse(textOf(row[0])).data;
      if (cause === undefined) return []; // written by a newer collector
      const count = numberOf(row[3]);
      const of = numberOf(row[4]);
      const kept = textOf(row[6]);
      const isKept = kept !== NO_ID;
      const example = isKept ? kept : textOf(row[5]);
      return [
        {
          cause,
          caller: textOf(row[1]),
          callee: textOf(row[2]),
          count,
          of,
          share: of === 0 ? null : Math.min(1, count / of),
          example: example === NO_ID ? '' : example,
          example_kept: isKept,
          ...PROPAGATION_ADVICE[cause],
        },
      ];
    }),
  };
}

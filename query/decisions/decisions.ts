// The decision log: the newest decisions, and what each rule did.
import type { DecisionRow, DecisionsResponse } from '#proto/api/decisions.ts';
import { numberOf, textOf, type Database, type Row } from '../store/database.ts';
import type { TimeRange } from '../time-range.ts';

export const DECISION_COLUMNS = `lower(hex(trace_id)), toInt64(toUnixTimestamp64Milli(decided_at)) * 1000000, decision, rule, trigger, threshold, weight, randomness, root_service, root_name,
  toUnixTimestamp64Nano(start), duration_ns, span_count, bytes, error_count, root_present, missing_parents`;

export function decisionOf(row: Row): DecisionRow {
  const traceId = textOf(row[0]);
  return {
    trace_id: traceId,
    decided_at: textOf(row[1]),
    decision: textOf(row[2]) === 'kept' ? 'kept' : 'dropped',
    rule: textOf(row[3]),
    trigger: textOf(row[4]),
    threshold: BigInt(textOf(row[5])).toString(16).padStart(14, '0'),
    randomness: BigInt(textOf(row[7])).toString(16).padStart(14, '0'),
    weight: numberOf(row[6]),
    root_service: textOf(row[8]),
    root_name: textOf(row[9]),
    start: textOf(row[10]),
    duration_ns: numberOf(row[11]),
    span_count: numberOf(row[12]),
    bytes: numberOf(row[13]),
    error_count: numberOf(row[14]),
    root_present: numberOf(row[15]) > 0,
    missing_parents: numberOf(row[16]),
  };
}

/** Late spans follow the decision on their trace, and so its randomness, which nobody told when they came. */
export function ofOneRandomness(decisions: readonly DecisionRow[]): DecisionRow[] {
  const own = decisions.find((decision) => decision.trigger !== 'late');
  return decisions.map((decision) =>
    own === undefined || decision.trigger !== 'late' ? decision : { ...decision, randomness: own.randomness },
  );
}

export interface DecisionFilter {
  readonly decision?: string | undefined;
  readonly rule?: string | undefined;
  readonly service?: string | undefined;
  readonly limit: number;
}

export async function decisionLog(db: Database, filter: DecisionFilter, range: TimeRange): Promise<DecisionsResponse> {
  const where = `decided_at >= fromUnixTimestamp64Milli(intDiv({start:Int64}, 1000000)) AND decided_at < fromUnixTimestamp64Milli(intDiv({end:Int64}, 1000000) + 1)
    AND ({service:String} = '' OR root_service = {service:String})`;
  const bindings = {
    start: String(range.startNs),
    end: String(range.endNs),
    service: filter.service ?? '',
    decision: filter.decision ?? '',
    rule: filter.rule ?? '',
    limit: filter.limit,
  };
  const [rows, rules] = await Promise.all([
    db.rows(
      `SELECT ${DECISION_COLUMNS} FROM decisions WHERE ${where} AND ({decision:String} = '' OR decision = {decision:String}) AND ({rule:String} = '' OR rule = {rule:String})
       ORDER BY decided_at DESC, trace_id LIMIT {limit:UInt32}`,
      bindings,
    ),
    db.rows(
      `SELECT rule, countIf(decision = 'kept'), countIf(decision != 'kept'), sumIf(span_count, decision = 'kept'), sumIf(span_count, decision != 'kept')
       FROM decisions WHERE ${where} AND trigger != 'late' GROUP BY rule ORDER BY count() DESC LIMIT 200`,
      { start: bindings.start, end: bindings.end, service: bindings.service },
    ),
  ]);
  return {
    decisions: rows.map(decisionOf),
    rules: rules.map((row) => ({
      rule: textOf(row[0]),
      kept: numberOf(row[1]),
      dropped: numberOf(row[2]),
      kept_spans: numberOf(row[3]),
      dropped_spans: numberOf(row[4]),
    })),
  };
}

// The decision log: why a trace is here, or is not, and what each rule did.
import type { DecisionRow, DecisionsResponse, WhyResponse } from '#proto/api/decisions.ts';
import { numberOf, textOf, type Database, type Row } from '../store/database.ts';
import type { TimeRange } from '../time-range.ts';

const COLUMNS = `lower(hex(trace_id)), toInt64(toUnixTimestamp64Milli(decided_at)) * 1000000, decision, rule, trigger, threshold, weight, root_service, root_name,
  toUnixTimestamp64Nano(start), duration_ns, span_count, bytes, error_count, root_present, missing_parents`;
/** Decisions of one trace that are shown; more than a handful means its memory expired often. */
const MAX_PER_TRACE = 20;

function decisionOf(row: Row): DecisionRow {
  const traceId = textOf(row[0]);
  return {
    trace_id: traceId,
    decided_at: textOf(row[1]),
    decision: textOf(row[2]) === 'kept' ? 'kept' : 'dropped',
    rule: textOf(row[3]),
    trigger: textOf(row[4]),
    threshold: BigInt(textOf(row[5])).toString(16).padStart(14, '0'),
    randomness: traceId.slice(18),
    weight: numberOf(row[6]),
    root_service: textOf(row[7]),
    root_name: textOf(row[8]),
    start: textOf(row[9]),
    duration_ns: numberOf(row[10]),
    span_count: numberOf(row[11]),
    bytes: numberOf(row[12]),
    error_count: numberOf(row[13]),
    root_present: numberOf(row[14]) > 0,
    missing_parents: numberOf(row[15]),
  };
}

/** @param isPending asks the collector whether the trace still waits for its decision; false when the collector cannot be reached. */
export async function why(db: Database, traceId: string, isPending: (traceId: string) => Promise<boolean>): Promise<WhyResponse> {
  const [rows, stored, pending] = await Promise.all([
    db.rows(`SELECT ${COLUMNS} FROM decisions WHERE trace_id = unhex({id:String}) ORDER BY decided_at DESC LIMIT {limit:UInt32}`, { id: traceId, limit: MAX_PER_TRACE }),
    db.rows('SELECT count() FROM traces WHERE trace_id = unhex({id:String})', { id: traceId }),
    isPending(traceId),
  ]);
  const decisions = rows.map(decisionOf);
  const latest = decisions[0];
  const isStored = numberOf(stored[0]?.[0]) > 0;
  const kept = decisions.find((decision) => decision.decision === 'kept');
  if (kept !== undefined) {
    const rule = kept.rule === '' ? 'no rule' : `rule “${kept.rule}”`;
    const stand = `Kept by ${rule}: ${kept.span_count} spans, decided on ${kept.trigger}, stands for ${Number(kept.weight.toPrecision(3))} trace${kept.weight === 1 ? '' : 's'}.`;
    return isStored
      ? { trace_id: traceId, state: 'kept', answer: stand, decisions }
      : { trace_id: traceId, state: 'expired', answer: `${stand} Its spans are past retention or still on their way to the store.`, decisions };
  }
  if (latest !== undefined) {
    const rule = latest.rule === '' ? 'No rule matched it' : `Rule “${latest.rule}” did not keep it`;
    const numbers = `its randomness R = ${latest.randomness} is below the threshold T = ${latest.threshold}`;
    return { trace_id: traceId, state: 'dropped', answer: `${rule}: ${numbers}. It had ${latest.span_count} spans and ${latest.error_count} errors.`, decisions };
  }
  if (isStored) return { trace_id: traceId, state: 'kept', answer: 'Kept; its decision is older than the decision log.', decisions };
  if (pending) return { trace_id: traceId, state: 'pending', answer: 'Buffered: it waits for its decision.', decisions };
  return {
    trace_id: traceId,
    state: 'never seen',
    answer: 'Winnow has no decision for this id: no span of it arrived within the decision log’s retention. Check the exporter’s address and the SDK’s own sampler.',
    decisions,
  };
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
  const bindings = { start: String(range.startNs), end: String(range.endNs), service: filter.service ?? '', decision: filter.decision ?? '', rule: filter.rule ?? '', limit: filter.limit };
  const [rows, rules] = await Promise.all([
    db.rows(
      `SELECT ${COLUMNS} FROM decisions WHERE ${where} AND ({decision:String} = '' OR decision = {decision:String}) AND ({rule:String} = '' OR rule = {rule:String})
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
    rules: rules.map((row) => ({ rule: textOf(row[0]), kept: numberOf(row[1]), dropped: numberOf(row[2]), kept_spans: numberOf(row[3]), dropped_spans: numberOf(row[4]) })),
  };
}

// Why a trace is here, or is not: the decision log and the store say what became of it, the collector what it still knows of it.
import type { WhyResponse } from '#proto/api/decisions.ts';
import type { CollectorLink } from '../collector-link.ts';
import { numberOf, type Database } from '../store/database.ts';
import { DECISION_COLUMNS, decisionOf, ofOneRandomness } from './decisions.ts';
import { whyAnswer } from './why-answer.ts';

/** Decisions of one trace that are shown; more than a handful means its memory expired often. */
const MAX_PER_TRACE = 20;

export async function why(
  db: Database,
  collector: CollectorLink,
  traceId: string,
  nowMs: number,
): Promise<WhyResponse> {
  const bindings = { id: traceId };
  const [rows, stored, known, refusals] = await Promise.all([
    db.rows(
      `SELECT ${DECISION_COLUMNS} FROM decisions WHERE trace_id = unhex({id:String}) ORDER BY decided_at DESC LIMIT {limit:UInt32}`,
      { ...bindings, limit: MAX_PER_TRACE },
    ),
    db.rows(
      'SELECT count(), sum(span_count), sum(late_count) FROM traces WHERE trace_id = unhex({id:String})',
      bindings,
    ),
    collector.trace(traceId),
    collector.refusals(),
  ]);
  const decisions = ofOneRandomness(rows.map(decisionOf));
  const [count, spans, late] = (stored[0] ?? []).map(numberOf);
  const facts = {
    decisions,
    stored: (count ?? 0) > 0 ? { spans: spans ?? 0, late_spans: late ?? 0 } : null,
    collector: known ?? null,
    refusals: refusals ?? [],
  };
  return { trace_id: traceId, ...whyAnswer(facts, nowMs), ...facts };
}

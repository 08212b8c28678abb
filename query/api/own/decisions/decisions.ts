// The decision log: the newest decisions, and what each rule did.
import type { DecisionRow, DecisionsResponse } from '#proto/api/decisions.ts';
import type { DecisionFilter, DecisionReader, StoredDecision } from '#query/store/decisions/contract.ts';

/** Rules with a line of their own. */
const MAX_RULES = 200;

export function shapeDecision(stored: StoredDecision): DecisionRow {
  return {
    trace_id: stored.traceId,
    decided_at: stored.decidedNs,
    decision: stored.decision === 'kept' ? 'kept' : 'dropped',
    rule: stored.rule,
    trigger: stored.trigger,
    threshold: stored.thresholdHex,
    randomness: stored.randomnessHex,
    weight: stored.adjustedCount,
    root_service: stored.rootService,
    root_name: stored.rootName,
    start: stored.startNs,
    duration_ns: stored.durationNs,
    span_count: stored.spanCount,
    bytes: stored.byteCount,
    error_count: stored.errorCount,
    root_present: stored.rootPresent,
    missing_parents: stored.missingParents,
  };
}

/** Late spans follow the decision on their trace. Their rows have no randomness of their own: it is that of the decision. */
export function ofOneRandomness(decisions: readonly DecisionRow[]): DecisionRow[] {
  const own = decisions.find((decision) => decision.trigger !== 'late');
  return decisions.map((decision) =>
    own === undefined || decision.trigger !== 'late' ? decision : { ...decision, randomness: own.randomness },
  );
}

export async function decisionLog(
  decisions: DecisionReader,
  filter: DecisionFilter,
  limit: number,
): Promise<DecisionsResponse> {
  const [rows, rules] = await Promise.all([
    decisions.newest(filter, limit),
    decisions.counts('rule', filter.range, MAX_RULES, filter.service),
  ]);
  return {
    decisions: rows.map(shapeDecision),
    rules: rules.map(({ name, kept, dropped, keptSpans, droppedSpans }) => ({
      rule: name,
      kept,
      dropped,
      kept_spans: keptSpans,
      dropped_spans: droppedSpans,
    })),
  };
}

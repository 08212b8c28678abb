// Why a trace is here, or is not: the decision log and the store say what became of it, the collector what it still knows of it.
import type { WhyResponse } from '#proto/api/decisions.ts';
import type { CollectorLink } from '#query/collector/collector-link.ts';
import type { DecisionReader } from '#query/store/decisions/contract.ts';
import type { TraceReader } from '#query/store/traces/contract.ts';
import { ofOneRandomness, shapeDecision } from './decisions.ts';
import { whyAnswer } from './why-answer.ts';

/** Decisions of one trace that are shown; more than a handful means its memory expired often. */
const MAX_PER_TRACE = 20;

interface WhySources {
  readonly traces: TraceReader;
  readonly decisions: DecisionReader;
  readonly collector: CollectorLink;
}

export async function why(
  { traces, decisions, collector }: WhySources,
  traceId: string,
  nowMs: number,
): Promise<WhyResponse> {
  const [rows, counts, known, refusals] = await Promise.all([
    decisions.ofTrace(traceId, MAX_PER_TRACE),
    traces.storedCounts(traceId),
    collector.trace(traceId),
    collector.refusals(),
  ]);
  const facts = {
    decisions: ofOneRandomness(rows.map(shapeDecision)),
    stored: counts === undefined ? null : { spans: counts.spans, late_spans: counts.lateSpans },
    collector: known ?? null,
    refusals: refusals ?? [],
  };
  return { trace_id: traceId, ...whyAnswer(facts, nowMs), ...facts };
}

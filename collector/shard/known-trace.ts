// What a shard's memory knows of one trace, for `why`: the decision log in the store knows the rest.
import type { KnownTrace } from '#proto/admin/answers.ts';
import { traceIdWords, type TraceId } from '#proto/model/ids.ts';
import { DECIDED_DROPPED, type PastDecision } from '#collector/assemble/decision-lookup.ts';
import { REJECTIONS } from '#collector/assemble/span-columns.ts';
import { thresholdText } from '#proto/model/threshold.ts';
import { bufferedTrace } from './buffered-trace.ts';
import type { TraceStage } from './trace-stage.ts';

/** `remembers_since_ms` is -Infinity while nothing was forgotten. */
export function knownTrace(traces: TraceStage, traceId: TraceId): KnownTrace {
  const { id0, id1, id2, id3 } = traceIdWords(traceId);
  const decisions = traces.decisions;
  const past: PastDecision = { rule: 0, seenSeconds: 0 };
  const entry = decisions.lookup(id0, id1, id2, id3, past);
  const waiting = traces.waiting(traceId);
  const decided = entry > 0 || entry === DECIDED_DROPPED;
  return {
    trace_id: traceId,
    pending: waiting !== undefined,
    buffered: waiting === undefined ? null : bufferedTrace(waiting, traces.memory),
    remembered: !decided
      ? null
      : {
          decision: entry > 0 ? 'kept' : 'dropped',
          rule: traces.ruleName(past.rule),
          threshold:
            entry > 0 ? (thresholdText(decisions.thresholdHi(entry), decisions.thresholdLo(entry)) ?? null) : null,
        },
    remembers_since_ms: decisions.rememberedSinceMs(),
    rejected: [...traces.rejectedIds.reasonsOf(id0, id1, id2, id3)].map((reason) => REJECTIONS[reason] ?? ''),
    rescuable: traces.rescue.holds(id0, id1, id2, id3),
  };
}

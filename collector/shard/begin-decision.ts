// The one decision object of a shard, before it is filled: by the rules in force, or by what was decided on the trace before.
import type { Decider } from '#collector/decide/decider.ts';
import type { DecisionMemory } from '#collector/decide/memory/decision-memory.ts';
import type { Decision, TraceView } from '#collector/model/trace.ts';
import type { TraceStart } from '#collector/rows/trace-sink.ts';

/** HOT: per decision. Nothing of the trace before is left in it. */
export function beginDecision(decision: Decision): Decision {
  decision.keep = false;
  decision.rule = 0;
  decision.thresholdHi = 0;
  decision.thresholdLo = 0;
  decision.weight = 0;
  decision.writesTh = true;
  decision.randomHi = undefined;
  decision.randomLo = undefined;
  decision.correctedNs = undefined;
  return decision;
}

/** The decision that late spans of a kept trace follow; undefined when it has been forgotten since and is to be made anew. */
export function recallDecision(
  view: TraceView,
  decision: Decision,
  decisions: DecisionMemory,
  decider: Decider,
): TraceStart | undefined {
  const entry = decisions.lookup(view.id0, view.id1, view.id2, view.id3);
  if (entry <= 0) return undefined;
  decision.keep = true;
  decision.rule = decisions.ruleOf(entry);
  decision.thresholdHi = decisions.thresholdHi(entry);
  decision.thresholdLo = decisions.thresholdLo(entry);
  decision.weight = decisions.weight(entry);
  decision.writesTh = decisions.writesTh(entry);
  decider.recall?.(view, decision);
  return { startHi: decisions.startHi(entry), startLo: decisions.startLo(entry) };
}

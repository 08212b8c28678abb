// Decides every trace of captures by Winnow's own rules; the result in the words of the command's contract.
import type { RuleSet } from '#collector/decide/rule-set.ts';
import { thresholdText } from '#collector/decide/threshold.ts';
import type { Decision } from '#collector/model/trace.ts';
import type { WholeTraces } from './whole-traces.ts';

/** One output line of `winnow simulate --json`. */
export interface SimulatedTrace {
  readonly trace_id: string;
  readonly decision: 'keep' | 'drop';
  /** null when no rule matched. */
  readonly rule: string | null;
  /** 14 hex digits; null for the threshold above all randomness. */
  readonly threshold: string | null;
  /** Adjusted count; null when dropped or unknown. */
  readonly weight: number | null;
  readonly spans: number;
  readonly trigger: string;
}

/** Sorted by trace id. */
export function simulateOwn(traces: WholeTraces, rules: RuleSet): SimulatedTrace[] {
  const decision: Decision = { keep: false, rule: 0, thresholdHi: 0, thresholdLo: 0, weight: 0 };
  return traces.ids().map((id) => {
    const view = traces.view(id);
    rules.decide(view, decision);
    return {
      trace_id: id,
      decision: decision.keep ? 'keep' : 'drop',
      rule: decision.rule === rules.noRule ? null : (rules.names[decision.rule] ?? null),
      threshold: thresholdText(decision.thresholdHi, decision.thresholdLo) ?? null,
      weight: decision.keep ? decision.weight : null,
      spans: view.count,
      trigger: view.trigger,
    };
  });
}

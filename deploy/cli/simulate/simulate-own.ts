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
  /** With the Collector's gate usetracestate: span id and outgoing tracestate of each span of a kept trace, in file order. */
  readonly tracestates?: readonly (readonly [spanId: string, traceState: string])[];
}

const NS_PER_MS = 1e6;

/** Sorted by trace id. Traces are decided in the order in which they start, since adaptive rates learn from those before. */
export function simulateOwn(traces: WholeTraces, rules: RuleSet): SimulatedTrace[] {
  const decision: Decision = { keep: false, rule: 0, thresholdHi: 0, thresholdLo: 0, weight: 0 };
  const views = traces.ids().map((id) => ({ id, view: traces.view(id) }));
  for (const { view } of views) view.firstSeenMs = Math.floor((view.startHi * 4_294_967_296 + view.startLo) / NS_PER_MS);
  views.sort((a, b) => a.view.startHi - b.view.startHi || a.view.startLo - b.view.startLo);
  const decided = views.map(({ id, view }): SimulatedTrace => {
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
  return decided.sort((a, b) => (a.trace_id < b.trace_id ? -1 : 1));
}

// Decides every trace of captures by Winnow's own rules; the result in the words of the command's contract.
import { NS_PER_MS, nanosOf } from '#proto/model/unix-nano.ts';
import { DecisionWindow } from '#collector/decide/budget/decision-window.ts';
import type { RuleSet } from '#collector/decide/rules/rule-set.ts';
import { thresholdText } from '#proto/model/threshold.ts';
import type { TraceRebuilder } from '#collector/decide/trace-cursor.ts';
import type { Decision, TraceView } from '#collector/model/trace.ts';
import { fileWindow, HostPairClock } from '#collector/reconstruct/clock/host-pair-clock.ts';
import { Reconstructor } from '#collector/reconstruct/reconstruct.ts';
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

/**
 * Sorted by trace id. Traces are decided in the order in which they start, since adaptive rates learn from those before; windows of
 * budget and floor go by these times, too, where the collector's go by the times at which traces are whole.
 */
export function simulateOwn(traces: WholeTraces, rules: RuleSet): SimulatedTrace[] {
  const decision: Decision = { keep: false, rule: 0, thresholdHi: 0, thresholdLo: 0, weight: 0 };
  const views = traces.ids().map((id) => ({ id, view: traces.view(id) }));
  for (const { view } of views) view.firstSeenMs = Math.floor(nanosOf(view.startHi, view.startLo) / NS_PER_MS);
  views.sort((a, b) => a.view.startHi - b.view.startHi || a.view.startLo - b.view.startLo);
  rules.rebuildWith(rebuilderOf(views.map(({ view }) => view)));
  const decided: SimulatedTrace[] = [];
  const note = (id: string, view: TraceView): void => {
    decided.push({
      trace_id: id,
      decision: decision.keep ? 'keep' : 'drop',
      rule: decision.rule === rules.noRule ? null : (rules.names[decision.rule] ?? null),
      threshold: thresholdText(decision.thresholdHi, decision.thresholdLo) ?? null,
      weight: decision.keep ? decision.weight : null,
      spans: view.count,
      trigger: view.trigger,
    });
  };
  const window = rules.window === undefined ? undefined : new DecisionWindow(rules.window);
  let held: typeof views = [];
  const endWindow = (): void => {
    window?.close();
    for (const { id, view } of held) {
      window?.release(view.count, view.payloadBytes, decision);
      note(id, view);
    }
    held = [];
  };
  for (const one of views) {
    if (window?.advanceTo(one.view.firstSeenMs) === true) endWindow();
    rules.decide(one.view, decision);
    const candidate = rules.candidate(one.view);
    if (candidate === undefined || window?.pass(candidate, decision) === true) note(one.id, one.view);
    else {
      window?.hold(candidate, decision.rule);
      held.push(one);
    }
  }
  endWindow();
  return decided.sort((a, b) => (a.trace_id < b.trace_id ? -1 : 1));
}

/** Puts traces together by the clock offsets that follow from all of them. They are learned when a rule first asks. @param views by start */
function rebuilderOf(views: readonly TraceView[]): TraceRebuilder {
  let learned: Reconstructor | undefined;
  const learn = (): Reconstructor => {
    const timed = views.filter((view) => view.startHi > 0);
    learned = new Reconstructor(
      new HostPairClock(fileWindow((timed.at(-1)?.firstSeenMs ?? 0) - (timed[0]?.firstSeenMs ?? 0))),
    );
    for (const view of views) learned.observe(view);
    return learned;
  };
  return {
    rebuild: (view) => (learned ?? learn()).run(view),
    correctedNs(view) {
      const reconstructor = learned ?? learn();
      if (!reconstructor.mayMove(view)) return undefined;
      reconstructor.link(view);
      return reconstructor.correctedNs(view);
    },
  };
}

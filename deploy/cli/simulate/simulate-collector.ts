// Decides every trace of captures as the Collector's tail_sampling processor would: fed in order of first appearance, everything
// before the first tick, the oldest traces evicted undecided when there are too many.
import type { PolicyDecision, PolicySet } from '#collector/decide/otelcol/policy-set.ts';
import type { SimulatedTrace } from './simulate-own.ts';
import type { WholeTraces } from './whole-traces.ts';

/** Sorted by trace id. Threshold and weight are unknown: the Collector's policies yield no probability. */
export function simulateCollector(traces: WholeTraces, policies: PolicySet): SimulatedTrace[] {
  const decision: PolicyDecision = { keep: false, policy: undefined };
  const ids = traces.idsByAppearance();
  const evicted = Math.max(0, ids.length - policies.numTraces);
  const decided = ids.map((id, i): SimulatedTrace => {
    const view = traces.viewInFileOrder(id);
    const spans = view.count;
    if (i < evicted) return { trace_id: id, decision: 'drop', rule: null, threshold: null, weight: null, spans, trigger: 'memory' };
    if (policies.spanIngest) {
      let soFar = 0;
      const final = traces.batches(id).some((batch) => policies.decideBatch(batch, decision, (soFar += batch.count)));
      if (!final) [decision.keep, decision.policy] = [false, undefined];
    } else policies.decide(view, decision);
    return {
      trace_id: id, decision: decision.keep ? 'keep' : 'drop', rule: decision.policy ?? null, threshold: null, weight: null, spans, trigger: 'timeout',
    };
  });
  return decided.sort((a, b) => (a.trace_id < b.trace_id ? -1 : 1));
}

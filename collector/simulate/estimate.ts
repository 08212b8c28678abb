// What other rules would have kept, estimated from the traces that were kept: each counts for the received ones like it, by its adjusted count.
//
// R of a trace is the same under all rules, so a kept trace (R >= T_old) is also kept by a T_new that is no greater than its R. Where
// T_new >= T_old nothing is estimated: whatever passes T_new had passed T_old and is stored. Where T_new < T_old, each stored trace stands for
// p_new / p_old traces. With an even choice of a share f of the stored ones each counts 1 / f times more. A trace that counts r times adds
// r (r - 1) amount² to the squared standard error (Horvitz-Thompson, the stored traces being independent of each other).
import type { Amount, SimulatedExample } from '#proto/api/simulate.ts';
import { NO_RULE } from './compare.ts';
import { examplesOf, type ChangedTrace } from './examples.ts';
import type { SimulatedTrace } from './simulate-own.ts';
import { addTo, type RowSums } from './sums.ts';
import type { TraceFacts } from './whole-traces.ts';

const TWO_56 = 2 ** 56;

/** A stored trace as the decision log knows it. */
export interface StoredTrace {
  readonly facts: Omit<TraceFacts, 'byService'>;
  readonly rule: string;
  /** 1 / p_old. */
  readonly weight: number;
}

export interface Estimate {
  /** Exact where all stored traces were looked at. */
  readonly lost: number;
  readonly lostExamples: SimulatedExample[];
  readonly gained: number;
}

/**
 * Adds what would be kept to the `after` side of the sums; `by service` goes by the root's.
 * @param decided of the traces looked at, by the new rules @param share f, of the stored traces that were looked at
 */
export function estimateAfter(
  decided: readonly SimulatedTrace[],
  stored: ReadonlyMap<string, StoredTrace>,
  share: number,
  rules: RowSums,
  services: RowSums,
): Estimate {
  const lost: ChangedTrace[] = [];
  let gained = 0;
  for (const trace of decided) {
    const known = stored.get(trace.trace_id);
    if (known === undefined) continue;
    const { facts, weight } = known;
    const amount: Amount = { traces: 1, spans: facts.spans, bytes: facts.bytes };
    const rule = trace.rule ?? NO_RULE;
    addTo(rules.of(rule).after.received, amount, weight / share);
    const times = timesKept(trace, weight) / share;
    if (times === 0) {
      lost.push({ facts, ruleBefore: known.rule, ruleAfter: rule });
      continue;
    }
    gained += times - 1 / share;
    for (const { after } of [rules.total, rules.of(rule), services.of(facts.rootService)]) {
      addTo(after.kept, amount, times);
      addTo(after.variance, { traces: 1, spans: facts.spans ** 2, bytes: facts.bytes ** 2 }, times * (times - 1));
    }
  }
  return { lost: lost.length / share, lostExamples: examplesOf(lost), gained };
}

/** How many received traces like this one would be kept for it, were all stored traces looked at. */
function timesKept({ decision, threshold }: SimulatedTrace, weight: number): number {
  if (decision === 'drop') return 0;
  // A Collector's policies yield no probability: what they answer for this trace they answer for those that it stands for.
  if (threshold === null) return weight;
  return Math.max(1, (1 - Number(BigInt(`0x${threshold}`)) / TWO_56) * weight);
}

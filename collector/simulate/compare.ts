// Two simulations of the same traces side by side: what is kept per rule and per service, and which traces change sides. Exact.
import type { SimulateResponse } from '#proto/api/simulate.ts';
import { examplesOf, type ChangedTrace } from './examples.ts';
import type { SimulatedTrace } from './simulate-own.ts';
import { addTo, rowOf, RowSums, type RowSum } from './sums.ts';
import type { WholeTraces } from './whole-traces.ts';

/** What traces without a matching rule are counted under, as in the metrics. */
export const NO_RULE = 'no rule';

/** @param before @param after one entry for each trace, sorted by id, as {@link simulate} gives them */
export function compareRuns(
  traces: WholeTraces,
  before: readonly SimulatedTrace[],
  after: readonly SimulatedTrace[],
): SimulateResponse {
  const rules = new RowSums();
  const services = new RowSums();
  const lost: ChangedTrace[] = [];
  const gained: ChangedTrace[] = [];
  let first = 0n;
  let last = 0n;
  for (const [i, old] of before.entries()) {
    const next = after[i];
    if (next?.trace_id !== old.trace_id) throw new Error(`the two runs differ in their traces at ${old.trace_id}`);
    const facts = traces.facts(old.trace_id);
    const amount = { traces: 1, spans: facts.spans, bytes: facts.bytes };
    for (const [side, { rule, decision }] of [
      ['before', old],
      ['after', next],
    ] as const) {
      const rows: [RowSum, typeof amount][] = [
        [rules.total, amount],
        [rules.of(rule ?? NO_RULE), amount],
      ];
      for (const [service, part] of facts.byService) rows.push([services.of(service), { traces: 1, ...part }]);
      for (const [row, part] of rows) {
        addTo(row[side].received, part);
        if (decision === 'keep') addTo(row[side].kept, part);
      }
    }
    const start = BigInt(facts.start);
    if (first === 0n || start < first) first = start;
    if (start > last) last = start;
    if (old.decision === next.decision) continue;
    (old.decision === 'keep' ? lost : gained).push({
      facts,
      ruleBefore: old.rule ?? NO_RULE,
      ruleAfter: next.rule ?? NO_RULE,
    });
  }
  return {
    exact: true,
    services: 'span',
    total: rowOf('total', rules.total, false),
    by_rule: rules.rows(false),
    by_service: services.rows(false),
    newly_lost: { traces: lost.length, examples: examplesOf(lost) },
    newly_kept: { traces: gained.length, examples: examplesOf(gained) },
    basis: {
      start: String(first),
      end: String(last),
      traces: before.length,
      spans: rules.total.before.received.spans,
      stored: before.length,
      unseen: { traces: 0, spans: 0, bytes: 0 },
    },
    notes: [],
  };
}

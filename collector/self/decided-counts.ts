// Traces decided, by decision, rule and trigger: bounded by the rules and triggers there are.
import type { Metric } from '../model/metric-table.ts';

export interface DecidedCount {
  readonly decision: 'kept' | 'dropped';
  readonly rule: string;
  readonly trigger: string;
  readonly traces: number;
}

/** Counts by trigger, by rule. */
type Counts = Map<string, Map<string, number>>;

export class DecidedCounts {
  readonly #kept: Counts = new Map();
  readonly #dropped: Counts = new Map();

  /** HOT: per decision; no string is put together. */
  add(keep: boolean, rule: string, trigger: string): void {
    const byTrigger = this.#of(keep, rule);
    byTrigger.set(trigger, (byTrigger.get(trigger) ?? 0) + 1);
  }

  /** What somebody else has counted. */
  set(keep: boolean, rule: string, trigger: string, traces: number): void {
    this.#of(keep, rule).set(trigger, traces);
  }

  traces(keep: boolean, rule: string, trigger: string): number {
    return (keep ? this.#kept : this.#dropped).get(rule)?.get(trigger) ?? 0;
  }

  *all(): Generator<DecidedCount> {
    for (const [decision, counts] of [
      ['kept', this.#kept],
      ['dropped', this.#dropped],
    ] as const) {
      for (const [rule, byTrigger] of counts)
        for (const [trigger, traces] of byTrigger) yield { decision, rule, trigger, traces };
    }
  }

  #of(keep: boolean, rule: string): Map<string, number> {
    const counts = keep ? this.#kept : this.#dropped;
    let byTrigger = counts.get(rule);
    if (byTrigger === undefined) {
      byTrigger = new Map();
      counts.set(rule, byTrigger);
    }
    return byTrigger;
  }
}

export const DECIDED_METRICS: readonly Metric<readonly DecidedCount[]>[] = [
  {
    name: 'winnow_traces_decided_total',
    kind: 'counter',
    labels: ['decision', 'rule', 'trigger'],
    help: 'traces decided',
    read: (counts) => counts.map(({ decision, rule, trigger, traces }) => [{ decision, rule, trigger }, traces]),
  },
];

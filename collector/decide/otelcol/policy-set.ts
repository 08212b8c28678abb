// Policies of the Collector in force, with its precedence: dropped beats sampled beats not sampled, drop policies are asked first.
import type { AttributeKeys } from '../attribute-reader.ts';
import { PolicyCursor, type ReceivedTrace } from './policy-cursor.ts';
import type { Policy } from './policy.ts';

export interface PolicyDecision {
  readonly keep: boolean;
  /** Who cast the winning vote; undefined when nobody said sampled or dropped. */
  readonly policy: string | undefined;
  /** The least strict threshold among the votes to keep, 56 bits; filters report 0. Of a kept trace only. */
  readonly threshold: bigint;
}

const UNDECIDED: PolicyDecision = { keep: false, policy: undefined, threshold: 0n };

export class PolicySet {
  readonly #drops: readonly Policy[];
  readonly #others: readonly Policy[];
  readonly #firstMatch: boolean;
  readonly #cursor: PolicyCursor;

  /** @param firstMatch stop at the first policy that says sampled */
  constructor(policies: readonly Policy[], keys: AttributeKeys, firstMatch: boolean) {
    this.#firstMatch = firstMatch;
    this.#drops = policies.filter((policy) => policy.type === 'drop');
    this.#others = policies.filter((policy) => policy.type !== 'drop');
    this.#cursor = new PolicyCursor(keys, []);
  }

  /** Decides what is due at one tick, in order; budgets are spent on what no drop policy takes away. */
  decideTick(traces: readonly ReceivedTrace[]): PolicyDecision[] {
    const dropped = traces.map((trace) => this.#dropped(trace));
    const rest = traces.filter((_, i) => dropped[i] === undefined);
    for (const policy of this.#others) policy.plan?.(rest, this.#cursor);
    return traces.map((trace, i) => dropped[i] ?? this.#sampled(trace));
  }

  /**
   * The strategy span-ingest on one batch (its spans alone). A drop policy that has not matched yet holds every positive answer back.
   * @returns undefined while nothing is final; what is never final is not sampled
   */
  decideBatch(batch: ReceivedTrace): PolicyDecision | undefined {
    const dropped = this.#dropped(batch);
    if (dropped !== undefined) return dropped;
    if (this.#drops.length > 0) return undefined;
    const decision = this.#sampled(batch);
    return decision.keep ? decision : undefined;
  }

  #dropped(trace: ReceivedTrace): PolicyDecision | undefined {
    if (this.#drops.length === 0) return undefined;
    this.#cursor.enter(trace);
    const policy = this.#drops.find((one) => one.evaluate(this.#cursor) === 'dropped');
    return policy === undefined ? undefined : { keep: false, policy: policy.name, threshold: 0n };
  }

  /** Every policy is asked, so that limits count what they would there. */
  #sampled(trace: ReceivedTrace): PolicyDecision {
    const cursor = this.#cursor;
    cursor.enter(trace);
    let decision = UNDECIDED;
    for (const policy of this.#others) {
      cursor.threshold = 0n;
      if (policy.evaluate(cursor) !== 'sampled') continue;
      const threshold = decision.keep && decision.threshold < cursor.threshold ? decision.threshold : cursor.threshold;
      decision = { keep: true, policy: decision.policy ?? policy.name, threshold };
      if (this.#firstMatch) break;
    }
    return decision;
  }
}

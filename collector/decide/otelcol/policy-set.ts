// Policies of the Collector in force, with its precedence: dropped beats sampled beats not sampled, drop policies are asked first.
import type { AttributeKeys } from '../values/attribute-reader.ts';
import { PolicyCursor, type ReceivedTrace } from './policy-cursor.ts';
import type { BudgetPlan, Chance, Policy } from './policy.ts';

export interface PolicyDecision {
  readonly keep: boolean;
  /** Who cast the winning vote; undefined when no policy voted sampled or dropped. */
  readonly policy: string | undefined;
  /** Of a composite policy: whose share it was. */
  readonly sub?: string;
  /** The least strict threshold among the votes to keep, 56 bits; filters report 0. Of a kept trace only. */
  readonly threshold: bigint;
  /** How likely a trace with these spans is kept, over all ids; undefined where that is not known. Of a kept trace only. */
  readonly chance?: number;
}

const UNDECIDED: PolicyDecision = { keep: false, policy: undefined, threshold: 0n };

export interface PolicySetOptions {
  /** Stop at the first policy that says sampled. */
  readonly firstMatch: boolean;
  /** Chances of the policies can be put together. */
  readonly chancesKnown: boolean;
}

export class PolicySet {
  readonly policies: readonly Policy[];
  readonly #drops: readonly Policy[];
  readonly #others: readonly Policy[];
  readonly #plans: readonly BudgetPlan[];
  /** Empty where they are not known of all. */
  readonly #chances: readonly Chance[];
  readonly #firstMatch: boolean;
  readonly #cursor: PolicyCursor;

  constructor(policies: readonly Policy[], keys: AttributeKeys, { firstMatch, chancesKnown }: PolicySetOptions) {
    this.policies = policies;
    this.#firstMatch = firstMatch;
    this.#drops = policies.filter((policy) => policy.type === 'drop');
    this.#others = policies.filter((policy) => policy.type !== 'drop');
    this.#plans = this.#others.flatMap(({ plan }) => plan ?? []);
    const chances = this.#others.flatMap(({ chance }) => chance ?? []);
    const known =
      chancesKnown && chances.length === this.#others.length && this.#drops.every((policy) => policy.isFilter === true);
    this.#chances = known ? chances : [];
    this.#cursor = new PolicyCursor(keys, []);
  }

  /** Whether all traces of a tick must be shown before the first is decided: budgets go to the best of them. */
  get plans(): boolean {
    return this.#plans.length > 0;
  }

  /** Decides what is due at one tick, in order; budgets are spent on what no drop policy drops. */
  decideTick(traces: readonly ReceivedTrace[], nowMs = 0): PolicyDecision[] {
    this.begin();
    const dropped = traces.map((trace) => this.add(trace, nowMs));
    this.end(nowMs);
    return traces.map((trace, i) => dropped[i] ?? this.sampled(trace, nowMs));
  }

  /** A tick begins; then {@link add} every trace of it, {@link end}, and ask {@link sampled} of those that no drop policy dropped. */
  begin(): void {
    for (const plan of this.#plans) plan.begin();
  }

  /** The decision of a drop policy, else undefined, and budgets have counted the trace. */
  add(trace: ReceivedTrace, nowMs: number): PolicyDecision | undefined {
    const dropped = this.#dropped(trace, nowMs);
    if (dropped === undefined && this.#plans.length > 0) {
      this.#cursor.enter(trace);
      for (const plan of this.#plans) plan.add(this.#cursor);
    }
    return dropped;
  }

  end(nowMs: number): void {
    for (const plan of this.#plans) plan.end(nowMs);
  }

  /**
   * The strategy span-ingest on one batch (its spans alone). A drop policy that has not matched yet holds every positive answer back,
   * one that erred does not; the first policy that says sampled ends it, with its own threshold.
   * @returns undefined while nothing is final; what is never final is not sampled
   */
  decideBatch(batch: ReceivedTrace, nowMs = 0): PolicyDecision | undefined {
    this.#cursor.nowMs = nowMs;
    this.#cursor.enter(batch);
    let pending = false;
    for (const policy of this.#drops) {
      const vote = policy.evaluate(this.#cursor);
      if (vote === 'dropped') return { keep: false, policy: policy.name, threshold: 0n };
      pending ||= vote !== 'error';
    }
    if (pending) return undefined;
    const decision = this.sampled(batch, nowMs, true);
    return decision.keep ? decision : undefined;
  }

  #dropped(trace: ReceivedTrace, nowMs: number): PolicyDecision | undefined {
    if (this.#drops.length === 0) return undefined;
    this.#cursor.nowMs = nowMs;
    this.#cursor.enter(trace);
    const policy = this.#drops.find((one) => one.evaluate(this.#cursor) === 'dropped');
    return policy === undefined ? undefined : { keep: false, policy: policy.name, threshold: 0n };
  }

  /** Every policy but those that drop is asked, so that limits count what they would there. @param first ask no further than the first that says sampled */
  sampled(trace: ReceivedTrace, nowMs: number, first = this.#firstMatch): PolicyDecision {
    const cursor = this.#cursor;
    cursor.nowMs = nowMs;
    cursor.enter(trace);
    let decision = UNDECIDED;
    for (const policy of this.#others) {
      cursor.threshold = 0n;
      cursor.sub = '';
      if (policy.evaluate(cursor) !== 'sampled') continue;
      const threshold = decision.keep && decision.threshold < cursor.threshold ? decision.threshold : cursor.threshold;
      if (decision.keep) decision = { ...decision, threshold };
      else
        decision =
          cursor.sub === ''
            ? { keep: true, policy: policy.name, threshold }
            : { keep: true, policy: policy.name, sub: cursor.sub, threshold };
      if (first) break;
    }
    if (!decision.keep || this.#chances.length === 0) return decision;
    // Answers of one salt are nested: a trace is kept as often as by the most generous of them.
    return {
      ...decision,
      chance: this.#chances.reduce((most, chance) => (most === 1 ? 1 : Math.max(most, chance(cursor))), 0),
    };
  }
}

// What a policy of the Collector's tail_sampling processor is here: a test over a trace's bytes, and what building one shares.
import type { ConfigError } from '#proto/config/config-error.ts';
import type { AttributeKeys } from '../values/attribute-reader.ts';
import type { PolicyCursor } from './policy-cursor.ts';

/** `error`: the policy could not be evaluated and has no part in the decision. */
export type Vote = 'sampled' | 'not_sampled' | 'dropped' | 'error';

/** Rows of cursor.view are in arrival order. */
export type PolicyTest = (cursor: PolicyCursor) => Vote;

/** Before a tick's traces are decided one by one: spends a budget on those of highest randomness and cuts below them. */
export interface BudgetPlan {
  begin(): void;
  /** Takes in the trace the cursor has entered. */
  add(cursor: PolicyCursor): void;
  /** All traces of the tick were added. @param nowMs of the tick */
  end(nowMs: number): void;
}

/** How likely a trace with these spans is sampled, over all ids it might have: 0 to 1. */
export type Chance = (cursor: PolicyCursor) => number;

/** A test with more to it. */
interface BuiltPolicy {
  readonly evaluate: PolicyTest;
  readonly plan?: BudgetPlan | undefined;
  /** undefined: it is not known, as for policies that depend on earlier traces. */
  readonly chance?: Chance | undefined;
  /** The answer depends on nothing but the spans. */
  readonly isFilter?: boolean;
  /** Names a decision may carry beside the policy's own. */
  readonly subs?: readonly string[];
}

export interface Policy extends BuiltPolicy {
  readonly name: string;
  readonly type: string;
}

/** What building shares. `nested` policies may be of the types listed only. */
export interface PolicyBuilder {
  readonly keys: AttributeKeys;
  readonly errors: ConfigError[];
  /** Of all probabilistic policies: only with one salt are their answers nested, so that probabilities are known. */
  readonly salts: Set<string>;
  /** Shards that per-second limits are divided by. */
  readonly shards: number;
  /** The gate usetracestate: thresholds are consistent with `ot`, and limits are budgets. */
  readonly useTraceState: boolean;
  policy(written: unknown, path: string, allowed: ReadonlySet<string>): Policy | undefined;
}

/** Builds the test from the block named after the type; undefined after it put an error into builder.errors. */
export type BuildPolicy = (
  block: Readonly<Record<string, unknown>>,
  path: string,
  builder: PolicyBuilder,
) => PolicyTest | BuiltPolicy | undefined;

export function voteOf(sampled: boolean): Vote {
  return sampled ? 'sampled' : 'not_sampled';
}

// What a policy of the Collector's tail_sampling processor is here: a test over a trace's bytes, and what building one shares.
import type { ConfigError } from '#proto/config/config-error.ts';
import type { AttributeKeys } from '../attribute-reader.ts';
import type { PolicyCursor, ReceivedTrace } from './policy-cursor.ts';

/** `error`: the policy could not be evaluated and takes no part in the decision. */
export type Vote = 'sampled' | 'not_sampled' | 'dropped' | 'error';

/** Rows of cursor.view are in arrival order. */
export type PolicyTest = (cursor: PolicyCursor) => Vote;

/** Before a tick's traces are decided one by one: spends a budget on those of highest randomness and cuts below them. */
export type PlanBudget = (traces: readonly ReceivedTrace[], cursor: PolicyCursor) => void;

export interface PlannedTest {
  readonly evaluate: PolicyTest;
  readonly plan: PlanBudget;
}

export interface Policy {
  readonly name: string;
  readonly type: string;
  readonly evaluate: PolicyTest;
  readonly plan?: PlanBudget | undefined;
}

/** What building shares. `nested` policies may be of the types listed only. */
export interface PolicyBuilder {
  readonly keys: AttributeKeys;
  readonly errors: ConfigError[];
  /** Shards that per-second limits are divided by. */
  readonly shards: number;
  /** The gate usetracestate: thresholds are consistent with `ot`, and limits are budgets. */
  readonly useTraceState: boolean;
  policy(written: unknown, path: string, allowed: ReadonlySet<string>): Policy | undefined;
}

/** Builds the test from the block named after the type; undefined after it put an error into builder.errors. */
export type BuildPolicy = (block: Readonly<Record<string, unknown>>, path: string, builder: PolicyBuilder) => PolicyTest | PlannedTest | undefined;

export function voteOf(sampled: boolean): Vote {
  return sampled ? 'sampled' : 'not_sampled';
}

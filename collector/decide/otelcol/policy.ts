// What a policy of the Collector's tail_sampling processor is here: a test over a trace's bytes, and what building one shares.
import type { ConfigError } from '#proto/config/config-error.ts';
import type { AttributeKeys } from '../attribute-reader.ts';
import type { TraceCursor } from '../trace-cursor.ts';

/** `error`: the policy could not be evaluated and takes no part in the decision. */
export type Vote = 'sampled' | 'not_sampled' | 'dropped' | 'error';

/** Rows of cursor.view are in arrival order. */
export type PolicyTest = (cursor: TraceCursor) => Vote;

export interface Policy {
  readonly name: string;
  readonly type: string;
  readonly evaluate: PolicyTest;
}

/** What building shares. `nested` policies may be of the types listed only. */
export interface PolicyBuilder {
  readonly keys: AttributeKeys;
  readonly errors: ConfigError[];
  /** Shards that per-second limits are divided by. */
  readonly shards: number;
  policy(written: unknown, path: string, allowed: ReadonlySet<string>): Policy | undefined;
}

/** Builds the test from the block named after the type; undefined after it put an error into builder.errors. */
export type BuildPolicy = (block: Readonly<Record<string, unknown>>, path: string, builder: PolicyBuilder) => PolicyTest | undefined;

export function voteOf(sampled: boolean): Vote {
  return sampled ? 'sampled' : 'not_sampled';
}

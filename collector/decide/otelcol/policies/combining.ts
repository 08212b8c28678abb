// Policies and, not, drop: other policies together, reversed, or as a reason to drop.
import { Block } from '../block.ts';
import type { BuildPolicy, PlanBudget, Policy, PolicyBuilder, PolicyTest } from '../policy.ts';

/** Types without others inside. */
export const SIMPLE_TYPES: ReadonlySet<string> = new Set([
  'always_sample', 'latency', 'numeric_attribute', 'probabilistic', 'status_code', 'string_attribute', 'rate_limiting', 'bytes_limiting',
  'span_count', 'trace_state', 'boolean_attribute', 'ottl_condition', 'trace_flags',
]);
const SIMPLE_AND_NOT: ReadonlySet<string> = new Set([...SIMPLE_TYPES, 'not']);

/** All listed policies, or undefined when one cannot be built. */
export function buildList(listed: readonly unknown[], path: string, builder: PolicyBuilder, allowed: ReadonlySet<string>): readonly Policy[] | undefined {
  const built = listed.map((one, i) => builder.policy(one, `${path}[${i}]`, allowed));
  const policies = built.filter((one) => one !== undefined);
  return policies.length === built.length ? policies : undefined;
}

/** The first vote that is not sampled ends it. */
function together(policies: readonly Policy[]): PolicyTest {
  return (cursor) => {
    let strictest = 0n;
    for (const policy of policies) {
      cursor.threshold = 0n;
      const vote = policy.evaluate(cursor);
      if (vote !== 'sampled') return vote;
      if (cursor.threshold > strictest) strictest = cursor.threshold;
    }
    cursor.threshold = strictest;
    return 'sampled';
  };
}

/** Budgets inside: spent on the traces that pass everything else. */
function planInside(policies: readonly Policy[]): PlanBudget {
  const filters = policies.filter((policy) => policy.plan === undefined);
  return (traces, cursor) => {
    const candidates = traces.filter((trace) => {
      cursor.enter(trace);
      return filters.every((policy) => policy.evaluate(cursor) === 'sampled');
    });
    for (const policy of policies) policy.plan?.(candidates, cursor);
  };
}

export const buildAnd: BuildPolicy = (block, path, builder) => {
  const read = new Block(block, path, { and_sub_policy: 'list' }, builder.errors);
  const policies = read.failed ? undefined : buildList(read.list('and_sub_policy'), `${path}.and_sub_policy`, builder, SIMPLE_AND_NOT);
  if (policies === undefined) return undefined;
  const evaluate = together(policies);
  return policies.some((policy) => policy.plan !== undefined) ? { evaluate, plan: planInside(policies) } : evaluate;
};

export const buildDrop: BuildPolicy = (block, path, builder) => {
  const read = new Block(block, path, { drop_sub_policy: 'list' }, builder.errors);
  const policies = read.failed ? undefined : buildList(read.list('drop_sub_policy'), `${path}.drop_sub_policy`, builder, SIMPLE_AND_NOT);
  if (policies === undefined) return undefined;
  const all = together(policies);
  return (cursor) => {
    const vote = all(cursor);
    return vote === 'sampled' ? 'dropped' : vote;
  };
};

export const buildNot: BuildPolicy = (block, path, builder) => {
  const read = new Block(block, path, { not_sub_policy: 'map' }, builder.errors);
  const inner = read.failed ? undefined : builder.policy(block['not_sub_policy'], `${path}.not_sub_policy`, SIMPLE_TYPES);
  return inner === undefined ? undefined : (cursor) => {
    const vote = inner.evaluate(cursor);
    cursor.threshold = 0n;
    return vote === 'error' ? vote : vote === 'sampled' ? 'not_sampled' : 'sampled';
  };
};

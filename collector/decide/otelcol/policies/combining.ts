// Policies and, not, drop: other policies together, reversed, or as a reason to drop.
import { Block } from '../block.ts';
import type { BudgetPlan, BuildPolicy, Chance, Policy, PolicyBuilder, PolicyTest } from '../policy.ts';

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

/** Of a filter. */
export function chanceOf(evaluate: PolicyTest): Chance {
  return (cursor) => (evaluate(cursor) === 'sampled' ? 1 : 0);
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
function planInside(policies: readonly Policy[]): BudgetPlan | undefined {
  const filters = policies.filter((policy) => policy.plan === undefined);
  const plans = policies.flatMap(({ plan }) => plan ?? []);
  return plans.length === 0 ? undefined : {
    begin: () => plans.forEach((plan) => plan.begin()),
    add(cursor) {
      if (filters.every((policy) => policy.evaluate(cursor) === 'sampled')) for (const plan of plans) plan.add(cursor);
    },
    end: (nowMs) => plans.forEach((plan) => plan.end(nowMs)),
  };
}

/** The least, since answers of one salt are nested and those of filters are 0 or 1; undefined where one of them cannot tell. */
function leastChance(policies: readonly Policy[]): Chance | undefined {
  const chances = policies.flatMap(({ chance }) => chance ?? []);
  return chances.length < policies.length ? undefined : (cursor) => chances.reduce((least, chance) => (least === 0 ? 0 : Math.min(least, chance(cursor))), 1);
}

function areFilters(policies: readonly Policy[]): boolean {
  return policies.every((policy) => policy.isFilter === true);
}

export const buildAnd: BuildPolicy = (block, path, builder) => {
  const read = new Block(block, path, { and_sub_policy: 'list' }, builder.errors);
  const policies = read.failed ? undefined : buildList(read.list('and_sub_policy'), `${path}.and_sub_policy`, builder, SIMPLE_AND_NOT);
  if (policies === undefined) return undefined;
  return { evaluate: together(policies), plan: planInside(policies), chance: leastChance(policies), isFilter: areFilters(policies) };
};

export const buildDrop: BuildPolicy = (block, path, builder) => {
  const read = new Block(block, path, { drop_sub_policy: 'list' }, builder.errors);
  const policies = read.failed ? undefined : buildList(read.list('drop_sub_policy'), `${path}.drop_sub_policy`, builder, SIMPLE_AND_NOT);
  if (policies === undefined) return undefined;
  const all = together(policies);
  return {
    evaluate(cursor) {
      const vote = all(cursor);
      return vote === 'sampled' ? 'dropped' : vote;
    },
    isFilter: areFilters(policies),
  };
};

export const buildNot: BuildPolicy = (block, path, builder) => {
  const read = new Block(block, path, { not_sub_policy: 'map' }, builder.errors);
  const inner = read.failed ? undefined : builder.policy(block['not_sub_policy'], `${path}.not_sub_policy`, SIMPLE_TYPES);
  if (inner === undefined) return undefined;
  const evaluate: PolicyTest = (cursor) => {
    const vote = inner.evaluate(cursor);
    cursor.threshold = 0n;
    return vote === 'error' ? vote : vote === 'sampled' ? 'not_sampled' : 'sampled';
  };
  const isFilter = inner.isFilter === true;
  return { evaluate, isFilter, chance: isFilter ? chanceOf(evaluate) : undefined };
};

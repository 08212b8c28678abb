// What policies with others inside share: which may stand there, all of them together, and what is known of their chances.
import type { BudgetPlan, Chance, Policy, PolicyBuilder, PolicyTest } from '../policy.ts';

/** Types without others inside. */
export const SIMPLE_TYPES: ReadonlySet<string> = new Set([
  'always_sample',
  'latency',
  'numeric_attribute',
  'probabilistic',
  'status_code',
  'string_attribute',
  'rate_limiting',
  'bytes_limiting',
  'span_count',
  'trace_state',
  'boolean_attribute',
  'ottl_condition',
  'trace_flags',
]);
export const SIMPLE_AND_NOT: ReadonlySet<string> = new Set([...SIMPLE_TYPES, 'not']);

/** All listed policies, or undefined when one cannot be built. */
export function buildList(
  listed: readonly unknown[],
  path: string,
  builder: PolicyBuilder,
  allowed: ReadonlySet<string>,
): readonly Policy[] | undefined {
  const built = listed.map((one, i) => builder.policy(one, `${path}[${i}]`, allowed));
  const policies = built.filter((one) => one !== undefined);
  return policies.length === built.length ? policies : undefined;
}

/** Of a filter. */
export function chanceOf(evaluate: PolicyTest): Chance {
  return (cursor) => (evaluate(cursor) === 'sampled' ? 1 : 0);
}

/** The first vote that is not sampled ends it. */
export function together(policies: readonly Policy[]): PolicyTest {
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
export function planInside(policies: readonly Policy[]): BudgetPlan | undefined {
  const filters = policies.filter((policy) => policy.plan === undefined);
  const plans = policies.flatMap(({ plan }) => plan ?? []);
  return plans.length === 0
    ? undefined
    : {
        begin: () => plans.forEach((plan) => plan.begin()),
        add(cursor) {
          if (filters.every((policy) => policy.evaluate(cursor) === 'sampled'))
            for (const plan of plans) plan.add(cursor);
        },
        end: (nowMs) => plans.forEach((plan) => plan.end(nowMs)),
      };
}

/** The least, since answers of one salt are nested and those of filters are 0 or 1; undefined where one of them has none. */
export function leastChance(policies: readonly Policy[]): Chance | undefined {
  const chances = policies.flatMap(({ chance }) => chance ?? []);
  return chances.length < policies.length
    ? undefined
    : (cursor) => chances.reduce((least, chance) => (least === 0 ? 0 : Math.min(least, chance(cursor))), 1);
}

export function areFilters(policies: readonly Policy[]): boolean {
  return policies.every((policy) => policy.isFilter === true);
}

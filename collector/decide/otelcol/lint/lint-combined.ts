// Traps of policies with others inside: shares that do not add up, orders that are not followed, parts that are never reached.
import { didYouMean } from '#proto/config/nearest-key.ts';
import { isMap } from '../../rules/written-map.ts';
import type { LintedPolicy } from './finding.ts';

const LIMITS: ReadonlySet<string> = new Set(['rate_limiting', 'bytes_limiting']);
const WHOLE = 100;

export function lintAnd(policy: LintedPolicy): void {
  const subs = policy.subs();
  if (subs.length === 0) {
    const what = policy.type === 'drop' ? 'drops every trace' : 'keeps every trace';
    policy.report(`${policy.type}_sub_policy`, `is empty: the policy ${what}`, 'list at least one policy');
  }
  const limit = subs.findIndex((sub) => LIMITS.has(sub.type));
  if (limit >= 0 && subs.slice(limit + 1).some((sub) => !LIMITS.has(sub.type))) {
    const sub = subs[limit]!;
    sub.report(
      '',
      `\`${sub.name || sub.type}\` takes tokens for traces that a policy behind it then refuses`,
      'move it to the end of the list',
    );
  }
}

export function lintComposite(policy: LintedPolicy): void {
  const subs = policy.subs();
  const names = subs.map((sub) => sub.name);
  const total = policy.number('max_total_spans_per_second');
  if (subs.length === 0)
    policy.report('composite_sub_policy', 'is empty: the policy keeps nothing', 'list at least one policy');
  if (total <= 0)
    policy.report('max_total_spans_per_second', `\`${total}\` lets no trace pass`, 'write a rate above 0');
  lintShares(policy, names);
  lintOrder(policy, names);
  const all = subs.findIndex((sub) => sub.type === 'always_sample');
  if (all >= 0 && all < subs.length - 1)
    subs[all]!.report(
      '',
      `\`${names[all]!}\` takes every trace, and what does not fit its share falls through to nothing: the policies behind it are never asked`,
      'move it to the end of the list',
    );
  else if (subs.length > 1)
    policy.report(
      'composite_sub_policy',
      'the first that matches decides alone: a trace that does not fit its share is not offered to the next, and unused shares are not lent',
      'give the first ones shares that their traffic fits in',
    );
}

function lintShares(policy: LintedPolicy, names: readonly string[]): void {
  const shares = policy
    .list('rate_allocation')
    .flatMap((share) =>
      isMap(share)
        ? [
            {
              policy: typeof share['policy'] === 'string' ? share['policy'] : '',
              percent: Number(share['percent'] ?? 0),
            },
          ]
        : [],
    );
  const sum = shares.reduce((whole, { percent }) => whole + Math.max(0, percent), 0);
  if (sum > WHOLE)
    policy.report(
      'rate_allocation',
      `the shares add up to ${sum} %: together they pass more than max_total_spans_per_second`,
      'write shares that add up to 100',
    );
  for (const [i, { policy: name, percent }] of shares.entries()) {
    if (!names.includes(name))
      policy.report(
        `rate_allocation[${i}].policy`,
        `\`${name}\` is no policy of this composite: the share is nobody's`,
        didYouMean(name, names),
      );
    else if (percent <= 0)
      policy.report(
        `rate_allocation[${i}].percent`,
        `\`${percent}\` means an equal share, ${equalShare(names)} %, not none`,
        'write a share above 0, or take the policy out',
      );
  }
  for (const [i, name] of names.entries()) {
    if (shares.some((share) => share.policy === name)) continue;
    policy.report(
      `composite_sub_policy[${i}].name`,
      `\`${name}\` has no share in rate_allocation: it gets an equal one, ${equalShare(names)} %`,
      `write { policy: ${name === '' ? 'NAME' : name}, percent: ${equalShare(names)} }`,
    );
  }
}

function equalShare(names: readonly string[]): number {
  return Math.floor(WHOLE / names.length);
}

function lintOrder(policy: LintedPolicy, names: readonly string[]): void {
  const order = policy.texts('policy_order');
  const stranger = order.find((name) => !names.includes(name));
  if (stranger !== undefined)
    policy.report('policy_order', `\`${stranger}\` is no policy of this composite`, didYouMean(stranger, names));
  else if (order.length > 0 && order.join('\n') !== names.slice(0, order.length).join('\n')) {
    policy.report(
      'policy_order',
      `\`${order.join(', ')}\` is not followed: policies are asked as composite_sub_policy lists them, ${names.join(', ')}`,
      'list composite_sub_policy in the order that is meant',
    );
  }
}

// Policy composite: the first sub-policy that says sampled decides within its share of spans per unix second; no fall-through.
import { configError } from '#proto/config/config-error.ts';
import { Block } from '../block.ts';
import { shareOf } from '../policy-shard.ts';
import { isMap } from '../../rules/written-map.ts';
import type { BuildPolicy, PolicyTest } from '../policy.ts';
import { buildList, SIMPLE_TYPES } from './combining.ts';

const ALLOWED: ReadonlySet<string> = new Set([...SIMPLE_TYPES, 'and']);
const MS_PER_SECOND = 1000;

export const buildComposite: BuildPolicy = (block, path, builder) => {
  const kinds = {
    max_total_spans_per_second: 'int',
    policy_order: 'texts',
    composite_sub_policy: 'list',
    rate_allocation: 'list',
  } as const;
  const read = new Block(block, path, kinds, builder.errors);
  if (read.failed) return undefined;
  const policies = buildList(read.list('composite_sub_policy'), `${path}.composite_sub_policy`, builder, ALLOWED);
  if (policies === undefined) return undefined;
  const total = shareOf(read.number('max_total_spans_per_second'), builder.shards);
  const percents = new Map<string, number>();
  for (const [i, one] of read.list('rate_allocation').entries()) {
    const where = `${path}.rate_allocation[${i}]`;
    const share = new Block(one, where, { policy: 'text', percent: 'int' }, builder.errors);
    if (!isMap(one) || share.failed) {
      builder.errors.push(configError(where, one, 'is no share', 'write { policy: NAME, percent: 50 }'));
      return undefined;
    }
    percents.set(share.text('policy'), share.number('percent'));
  }
  // A sub-policy without a share, or with 0, gets an equal one.
  const equal = policies.length === 0 ? 0 : Math.floor(total / policies.length);
  const allocated = policies.map((policy) => {
    const percent = percents.get(policy.name) ?? 0;
    return percent > 0 ? Math.floor((percent / 100) * total) : equal;
  });
  const used = new Float64Array(policies.length);
  let second = -1;
  const evaluate: PolicyTest = (cursor) => {
    const now = Math.floor(cursor.nowMs / MS_PER_SECOND);
    if (now !== second) {
      used.fill(0);
      second = now;
    }
    for (const [i, policy] of policies.entries()) {
      const vote = policy.evaluate(cursor);
      cursor.threshold = 0n;
      if (vote === 'error') return vote;
      if (vote !== 'sampled') continue;
      const after = used[i]! + cursor.traceSpans;
      if (after > allocated[i]! || after > total) return 'not_sampled';
      used[i] = after;
      cursor.sub = policy.name;
      return 'sampled';
    }
    return 'not_sampled';
  };
  return { evaluate, subs: policies.map((policy) => policy.name) };
};

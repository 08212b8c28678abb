// Policy and: all of its policies vote sampled; the first that does not ends it, so limits spend tokens only when they are reached.
import { Block } from '../block.ts';
import type { BuildPolicy } from '../policy.ts';
import { areFilters, buildList, leastChance, planInside, SIMPLE_AND_NOT, together } from './combining.ts';

export const buildAnd: BuildPolicy = (block, path, builder) => {
  const read = new Block(block, path, { and_sub_policy: 'list' }, builder.errors);
  const policies = read.failed
    ? undefined
    : buildList(read.list('and_sub_policy'), `${path}.and_sub_policy`, builder, SIMPLE_AND_NOT);
  if (policies === undefined) return undefined;
  return {
    evaluate: together(policies),
    plan: planInside(policies),
    chance: leastChance(policies),
    isFilter: areFilters(policies),
  };
};

// Policy not: the opposite of the one inside, with threshold 0 whatever the threshold of that one is; an error stays one.
import { Block } from '../block.ts';
import type { BuildPolicy, PolicyTest } from '../policy.ts';
import { chanceOf, SIMPLE_TYPES } from './combining.ts';

export const buildNot: BuildPolicy = (block, path, builder) => {
  const read = new Block(block, path, { not_sub_policy: 'map' }, builder.errors);
  const inner = read.failed
    ? undefined
    : builder.policy(block['not_sub_policy'], `${path}.not_sub_policy`, SIMPLE_TYPES);
  if (inner === undefined) return undefined;
  const evaluate: PolicyTest = (cursor) => {
    const vote = inner.evaluate(cursor);
    cursor.threshold = 0n;
    return vote === 'error' ? vote : vote === 'sampled' ? 'not_sampled' : 'sampled';
  };
  const isFilter = inner.isFilter === true;
  return { evaluate, isFilter, chance: isFilter ? chanceOf(evaluate) : undefined };
};

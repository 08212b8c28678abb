// Policy drop: what all of its policies say sampled of is dropped, whatever others say.
import { Block } from '../block.ts';
import type { BuildPolicy } from '../policy.ts';
import { areFilters, buildList, SIMPLE_AND_NOT, together } from './combining.ts';

export const buildDrop: BuildPolicy = (block, path, builder) => {
  const read = new Block(block, path, { drop_sub_policy: 'list' }, builder.errors);
  const policies = read.failed
    ? undefined
    : buildList(read.list('drop_sub_policy'), `${path}.drop_sub_policy`, builder, SIMPLE_AND_NOT);
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

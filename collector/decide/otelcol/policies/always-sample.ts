// Policy always_sample.
import { Block } from '../block.ts';
import type { BuildPolicy } from '../policy.ts';

export const buildAlwaysSample: BuildPolicy = (block, path, { errors }) => {
  const read = new Block(block, path, {}, errors);
  return read.failed ? undefined : () => 'sampled';
};

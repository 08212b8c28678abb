// Policy probabilistic: FNV-1a of salt and trace id against the percentage.
import { Block } from '../block.ts';
import { DEFAULT_HASH_SALT, fnv1a, hashThreshold } from '../fnv.ts';
import { voteOf, type BuildPolicy } from '../policy.ts';

export const buildProbabilistic: BuildPolicy = (block, path, { errors }) => {
  const read = new Block(block, path, { sampling_percentage: 'float', hash_salt: 'text' }, errors);
  const percentage = read.number('sampling_percentage');
  if (Number.isNaN(percentage)) read.fail('sampling_percentage', 'is no number, which the Collector crashes on', 'write a number from 0 to 100');
  if (read.failed) return undefined;
  const threshold = hashThreshold(percentage);
  const salted = fnv1a(Buffer.from(read.text('hash_salt') || DEFAULT_HASH_SALT));
  const id = Buffer.alloc(16);
  return ({ view }) => {
    if (threshold < 0n) return voteOf(false);
    for (const [i, word] of [view.id0, view.id1, view.id2, view.id3].entries()) id.writeUInt32BE(word >>> 0, i * 4);
    return voteOf(fnv1a(id, salted) <= threshold);
  };
};

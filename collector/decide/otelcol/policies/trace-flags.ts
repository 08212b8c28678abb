// Policy trace_flags: some span has the sampled flag.
import { someSpan } from '../any-span.ts';
import { Block } from '../block.ts';
import { voteOf, type BuildPolicy } from '../policy.ts';
import { spanFlags } from '../span-fields.ts';

const SAMPLED = 1;

export const buildTraceFlags: BuildPolicy = (block, path, { errors }) => {
  const read = new Block(block, path, {}, errors);
  return read.failed ? undefined : (cursor) => voteOf(someSpan(cursor, (at) => (spanFlags(at) & SAMPLED) !== 0));
};

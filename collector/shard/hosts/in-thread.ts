// A shard in the thread of its receiver: an input is handled, and what it emits is used, before `post` returns. Nothing is copied.
import { Shard } from '../shard.ts';
import type { MakeShardHost } from './shard-link.ts';

export const inThreadShard: MakeShardHost = (start, around, receiver) => {
  const shard = new Shard(start, { ...around, emit: (output) => receiver.receive(output) });
  return { post: (input) => shard.handle(input) };
};

// A shard in the thread of its receiver: an input is handled, and what it emits is used, before `post` returns. Nothing is copied.
import type { ShardInput } from '../messages.ts';
import { Shard, type ShardStart, type ShardSurroundings } from '../shard.ts';
import type { ShardHost, ShardReceiver } from './shard-link.ts';

export class InThreadShard implements ShardHost {
  readonly #shard: Shard;

  constructor(start: ShardStart, around: Omit<ShardSurroundings, 'emit'>, receiver: ShardReceiver) {
    this.#shard = new Shard(start, { ...around, emit: (output) => receiver.receive(output) });
  }

  get derivedSources(): Shard['derivedSources'] {
    return this.#shard.derivedSources;
  }

  post(input: ShardInput): void {
    this.#shard.handle(input);
  }
}

// Which part of all traces one belongs to: trace id → one of 256 partitions → a shard. Traces never move between partitions.

/** Fixed for good: shards, and one day topics of a log, are made of whole partitions. */
export const PARTITIONS = 256;

/**
 * HOT. All bits of the id count, so that ids of 64 bits or with a time in front spread, too; what a partition gets says nothing of
 * the randomness of its traces (their last 7 bytes): each sees as much of the low as of the high.
 * @param id0 @param id1 @param id2 @param id3 big-endian words of the trace id, signed or not
 * @returns 0 to 255
 */
export function partitionOf(id0: number, id1: number, id2: number, id3: number): number {
  let hash = mix(id0 | 0);
  hash = mix(hash ^ id1);
  hash = mix(hash ^ id2);
  hash = mix(hash ^ id3);
  return hash >>> 24;
}

/** The shard of a partition: neighbours go to the same one, as even as can be. */
export function shardOf(partition: number, shards: number): number {
  return Math.floor((partition * shards) / PARTITIONS);
}

/** Every bit depends on every other (the finisher of splitmix32). */
function mix(value: number): number {
  let z = (value + 0x9e3779b9) | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return z ^ (z >>> 15);
}

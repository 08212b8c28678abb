// Which of num_shards loops the Collector decides a trace in, and what each of them gets of a limit.
import type { TraceView } from '#collector/model/trace.ts';

const MASK = (1n << 64n) - 1n;
const MIX_1 = 0xbf58476d1ce4e5b9n;
const MIX_2 = 0x94d049bb133111ebn;

/** The finalizer of splitmix64 over both halves of the id, read as little-endian. */
export function shardOf({ id0, id1, id2, id3 }: TraceView, shards: number): number {
  if (shards === 1) return 0;
  let h = littleEndian(id0, id1) ^ littleEndian(id2, id3);
  h = ((h ^ (h >> 30n)) * MIX_1) & MASK;
  h = ((h ^ (h >> 27n)) * MIX_2) & MASK;
  return Number((h ^ (h >> 31n)) % BigInt(shards));
}

function littleEndian(first: number, second: number): bigint {
  return (BigInt(swap(second)) << 32n) | BigInt(swap(first));
}

function swap(word: number): number {
  return (((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;
}

/** A limit's share: at least 1, so that none becomes nothing; 0 and below stay what they are. */
export function shareOf(limit: number, shards: number): number {
  return limit <= 0 ? limit : Math.max(1, Math.floor(limit / shards));
}

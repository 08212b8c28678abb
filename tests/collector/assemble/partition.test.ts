// Partitions: even for every kind of trace id, and blind to randomness; shards are whole partitions.
import { expect, test } from 'vitest';
import { PARTITIONS, partitionOf, shardOf } from '#collector/assemble/partition.ts';
import { numbers } from '../stage-load.ts';

const TRACES = 64_000;
const random = numbers(3);
const IDS: [string, (i: number) => [number, number, number, number]][] = [
  ['random ids', () => [random(), random(), random(), random()]],
  ['ids of 64 bits', () => [0, 0, random(), random()]],
  ['ids that begin with a time', (i) => [0x66000000 + Math.floor(i / 100), random(), random(), random()]],
  ['ids that count', (i) => [0, 0, 0, i + 1]],
];

test.each(IDS)('%s spread evenly, and each partition sees all of R', (_name, idOf) => {
  const counts = new Float64Array(PARTITIONS);
  const sums = new Float64Array(4);
  const perShard = new Float64Array(4);
  let whole = 0;
  let signed = 0;
  for (let i = 0; i < TRACES; i++) {
    const [a, b, c, d] = idOf(i);
    const partition = partitionOf(a, b, c, d);
    if (partitionOf(a | 0, b | 0, c | 0, d | 0) !== partition) signed++;
    counts[partition]!++;
    const r = (c % 2 ** 24) * 2 ** 32 + d;
    whole += r;
    sums[shardOf(partition, 4)]! += r;
    perShard[shardOf(partition, 4)]!++;
  }
  expect(signed).toBe(0);
  const each = TRACES / PARTITIONS;
  expect(Math.max(...counts)).toBeLessThan(each + 6 * Math.sqrt(each));
  expect(Math.min(...counts)).toBeGreaterThan(each - 6 * Math.sqrt(each));
  for (let shard = 0; shard < 4; shard++) expect(Math.abs(sums[shard]! / perShard[shard]! / (whole / TRACES) - 1)).toBeLessThan(0.03);
});

test('every shard gets its share of partitions, one each at most 256', () => {
  for (const shards of [1, 3, 4, 256]) {
    const counts = new Map<number, number>();
    for (let partition = 0; partition < PARTITIONS; partition++) counts.set(shardOf(partition, shards), (counts.get(shardOf(partition, shards)) ?? 0) + 1);
    expect(counts.size).toBe(shards);
    expect(Math.max(...counts.values()) - Math.min(...counts.values())).toBeLessThanOrEqual(1);
  }
});

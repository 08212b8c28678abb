// Which shard of the Collector decides a trace, and what it gets of a limit.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { shardOf, shareOf } from '#collector/decide/otelcol/policy-shard.ts';
import { writtenTrace } from '#tests/support/written-trace.ts';

test('ids that differ only in their high bits spread over the shards', () => {
  const shards = new Set(
    Array.from({ length: 64 }, (_, i) =>
      shardOf(writtenTrace([{}], `${(i + 1).toString(16).padStart(4, '0')}${'0'.repeat(28)}`), 4),
    ),
  );
  expect([...shards].sort((a, b) => a - b)).toEqual([0, 1, 2, 3]);
});

test('a limit below the number of shards is still 1 in each; none stays none', () => {
  expect([shareOf(3, 8), shareOf(17, 8), shareOf(0, 8)]).toEqual([1, 2, 0]);
});

test('the shard is the splitmix64 finalizer over both halves of the id as the machine reads them, of any id', () => {
  const word = fc.integer({ min: 0, max: 0xffffffff });
  const view = writtenTrace([{}]);
  fc.assert(
    fc.property(word, word, word, word, fc.integer({ min: 2, max: 256 }), (id0, id1, id2, id3, shards) => {
      const id = Buffer.alloc(16);
      for (const [i, one] of [id0, id1, id2, id3].entries()) id.writeUInt32BE(one, i * 4);
      let h = id.readBigUInt64LE(0) ^ id.readBigUInt64LE(8);
      h = BigInt.asUintN(64, (h ^ (h >> 30n)) * 0xbf58476d1ce4e5b9n);
      h = BigInt.asUintN(64, (h ^ (h >> 27n)) * 0x94d049bb133111ebn);
      h ^= h >> 31n;
      expect(shardOf({ ...view, id0, id1, id2, id3 }, shards)).toBe(Number(h % BigInt(shards)));
      expect(shardOf({ ...view, id0: id0 | 0, id1: id1 | 0, id2: id2 | 0, id3: id3 | 0 }, shards)).toBe(
        Number(h % BigInt(shards)),
      );
      expect(shardOf({ ...view, id0, id1, id2, id3 }, 1)).toBe(0);
    }),
    { seed: 821 },
  );
});

test('what all shards get is no more than the limit, unless each gets one', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100_000 }), fc.integer({ min: 1, max: 256 }), (limit, shards) => {
      const share = shareOf(limit, shards);
      expect(share).toBeGreaterThanOrEqual(1);
      expect(share * shards <= limit || share === 1).toBe(true);
      expect((share + 1) * shards).toBeGreaterThan(limit);
    }),
    { seed: 822 },
  );
  expect(shareOf(-5, 8)).toBe(-5);
});

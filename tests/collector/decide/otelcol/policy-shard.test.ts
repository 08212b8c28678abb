// Which shard of the Collector decides a trace, and what it gets of a limit.
import { expect, test } from 'vitest';
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

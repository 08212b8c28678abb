// What is remembered beyond one trace stays small: measured in a process of its own, after full collections.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { PairCellPool } from '#collector/reconstruct/clock/pair-cells.ts';

const BENCH = fileURLToPath(new URL('../../../bench/remembered.bench.ts', import.meta.url));

it('a pair of hosts takes no more than 1 kB, a producer and a span that waits for its caller no more than 100 B', () => {
  const bytes = JSON.parse(execFileSync(process.execPath, ['--expose-gc', BENCH], { encoding: 'utf8' })) as Record<
    string,
    number
  >;
  expect(bytes['hostPair']).toBeGreaterThan(512);
  expect(bytes['hostPair']).toBeLessThanOrEqual(1000);
  expect(bytes['producer']).toBeLessThanOrEqual(100);
  expect(bytes['waitingCallee']).toBeLessThanOrEqual(100);
});

it('cells of two pairs never overlap, and those given back are used again', () => {
  const pool = new PairCellPool(8);
  const taken = Array.from({ length: 200 }, () => pool.acquire());
  for (const [i, { chunk, base }] of taken.entries()) chunk.fill(i, base, base + 8);
  expect(taken.every(({ chunk, base }, i) => chunk.slice(base, base + 8).every((cell) => cell === i))).toBe(true);
  pool.release(taken[7]!);
  expect(pool.acquire()).toBe(taken[7]);
});

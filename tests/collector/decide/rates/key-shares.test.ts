// How a goal is shared among keys: in proportion to the logarithm of what each brings, none getting more than it has.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { keyShares } from '#collector/decide/rates/key-shares.ts';

const shares = (counts: readonly number[], goal: number): number[] => [...keyShares(Float64Array.from(counts), goal)];

test('a goal of all there is, or more, keeps all', () => {
  expect(shares([10, 20], 30)).toEqual([1, 1]);
  expect(shares([10, 20], 31)).toEqual([1, 1]);
  expect(shares([], 5)).toEqual([]);
});

test('equal keys share equally, a single one gets the goal', () => {
  expect(shares([100], 25)[0]).toBeCloseTo(0.25, 12);
  for (const share of shares([100, 100, 100], 30)) expect(share).toBeCloseTo(0.1, 12);
});

test('a rare key is kept whole before busy ones are', () => {
  const [busy, rare] = shares([100_000, 5], 100);
  expect(rare).toBe(1);
  expect(busy).toBeCloseTo(95 / 100_000, 9);
});

test('what keys that are not kept whole get is as the logarithms of what they bring', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 2, maxLength: 12 }),
      fc.double({ min: 0.01, max: 0.9, noNaN: true }),
      (counts, part) => {
        const sum = counts.reduce((a, b) => a + b, 0);
        const found = shares(counts, part * sum);
        const ratios = counts.flatMap((count, i) => (found[i] === 1 ? [] : [(found[i]! * count) / Math.log1p(count)]));
        const least = Math.min(...ratios, Infinity);
        expect(ratios.every((ratio) => Math.abs(ratio / least - 1) < 1e-9)).toBe(true);
        // Whole keys would have got at least as much.
        const whole = counts.filter((_, i) => found[i] === 1).map((count) => count / Math.log1p(count));
        expect(whole.every((ratio) => ratio <= least * (1 + 1e-9))).toBe(true);
      },
    ),
    { seed: 451, numRuns: 200 },
  );
});

// Quantiles of how late late spans are: never too small, and not much too large.
import { expect, test } from 'vitest';
import { LateAges } from '#collector/assemble/late-ages.ts';

test('tells an upper bound close to the true quantile', () => {
  const ages = new LateAges();
  expect(ages.quantileMs(0.5)).toBe(0);
  for (let s = 1; s <= 1000; s++) ages.add(s * 1000, 3);
  for (const part of [0.5, 0.99, 0.999]) {
    expect(ages.quantileMs(part)).toBeGreaterThanOrEqual(part * 1_000_000);
    expect(ages.quantileMs(part)).toBeLessThan(part * 1_000_000 * 1.2);
  }
});

test('what is recent counts more than what was long ago', () => {
  const ages = new LateAges();
  ages.add(60_000, 900_000);
  for (let n = 0; n < 60; n++) ages.add(2000, 100_000);
  expect(ages.quantileMs(0.9)).toBeLessThan(3000);
});

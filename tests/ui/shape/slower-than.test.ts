// Words for how a duration stands among the calls of its operation.
import { expect, it } from 'vitest';
import { slowerThan } from '#ui/shape/slower-than.ts';

it.each([
  [{ calls: 0, faster_least: 0, faster_most: 0 }, null],
  [{ calls: 1, faster_least: 0, faster_most: 0 }, 'The only call of its operation'],
  [{ calls: 3, faster_least: 1, faster_most: 2 }, 'One of 3 calls of its operation'],
  [{ calls: 1204, faster_least: 1124, faster_most: 1170 }, 'Slower than 93.3 to 97.1 % of 1,204 calls'],
  [{ calls: 100, faster_least: 99, faster_most: 99 }, 'Slower than 99 % of 100 calls'],
  [{ calls: 100_000, faster_least: 99_999, faster_most: 99_999 }, 'Slower than 99.9 % of 100,000 calls'],
])('%o', (rank, words) => {
  expect(slowerThan(rank)).toBe(words);
});

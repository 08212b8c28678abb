// How many calls were faster, as far as the buckets of a histogram tell.
import { expect, it } from 'vitest';
import { fasterThan } from '#query/api/own/services/duration-rank.ts';

const INFINITY_US = 4_294_967_295;

it.each([
  [1500, { faster_least: 10, faster_most: 99 }],
  [2000, { faster_least: 10, faster_most: 99 }],
  [2001, { faster_least: 100, faster_most: 103 }],
  [500, { faster_least: 0, faster_most: 9 }],
])('%s µs', (us, faster) => {
  expect(fasterThan(us, [2000, INFINITY_US, 1000], [90, 4, 10])).toEqual(faster);
});

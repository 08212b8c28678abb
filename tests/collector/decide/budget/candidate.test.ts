// A trace that waits, as budget and floor see it: order and comparison of 56 bits in two halves.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import {
  byRandomness,
  greater,
  justAbove,
  lesser,
  passes,
  type Candidate,
} from '#collector/decide/budget/candidate.ts';
import { HALF, KEEP_ALL, KEEP_NONE, type Threshold } from '#proto/model/threshold.ts';

const TWO_56 = 1n << 56n;
const split = (value: bigint): Threshold => ({ hi: Number(value >> 28n), lo: Number(value & 0xfffffffn) });
const whole = ({ hi, lo }: Threshold): bigint => (BigInt(hi) << 28n) | BigInt(lo);

function candidate(r: bigint): Candidate {
  const { hi, lo } = split(r);
  return {
    randomHi: hi,
    randomLo: lo,
    rule: KEEP_ALL,
    upstream: KEEP_ALL,
    spans: 1,
    bytes: 1,
    stratum: '',
    outsideBudget: false,
  };
}

const random = fc.bigInt({ min: 0n, max: TWO_56 - 1n });
/** Some that share a half, so that the other one decides. */
const pair = fc.oneof(
  fc.tuple(random, random),
  fc.tuple(random, fc.bigInt({ min: -3n, max: 3n })).map(([a, more]): [bigint, bigint] => {
    const b = a + more;
    return [a, b < 0n ? 0n : b >= TWO_56 ? TWO_56 - 1n : b];
  }),
);

test('a trace passes what is not above its randomness', () => {
  fc.assert(
    fc.property(pair, ([r, t]) => {
      expect(passes(candidate(r), split(t))).toBe(r >= t);
    }),
    { seed: 411 },
  );
  expect(passes(candidate(TWO_56 - 1n), KEEP_NONE)).toBe(false);
  expect(passes(candidate(0n), KEEP_ALL)).toBe(true);
});

test('the least threshold that excludes a trace excludes it, and nothing above', () => {
  fc.assert(
    fc.property(random, (r) => {
      expect(whole(justAbove(candidate(r)))).toBe(r + 1n);
      expect(passes(candidate(r), justAbove(candidate(r)))).toBe(false);
    }),
    { seed: 412 },
  );
  expect(justAbove(candidate(0xfffffffn))).toEqual({ hi: 1, lo: 0 });
  expect(justAbove(candidate(TWO_56 - 1n))).toEqual({ hi: HALF, lo: 0 });
});

test('the greater and the lesser are those of the whole numbers', () => {
  fc.assert(
    fc.property(pair, ([a, b]) => {
      expect(whole(greater(split(a), split(b)))).toBe(a > b ? a : b);
      expect(whole(lesser(split(a), split(b)))).toBe(a < b ? a : b);
    }),
    { seed: 413 },
  );
  expect(greater(KEEP_ALL, KEEP_NONE)).toEqual(KEEP_NONE);
  expect(lesser(KEEP_ALL, KEEP_NONE)).toEqual(KEEP_ALL);
});

test('in order the highest randomness comes first', () => {
  fc.assert(
    fc.property(fc.array(random, { maxLength: 8 }), (values) => {
      const ordered = values
        .map(candidate)
        .sort(byRandomness)
        .map(({ randomHi, randomLo }) => whole({ hi: randomHi, lo: randomLo }));
      expect(ordered).toEqual(values.toSorted((a, b) => (a > b ? -1 : a < b ? 1 : 0)));
    }),
    { seed: 414 },
  );
  expect(byRandomness(candidate(5n), candidate(5n))).toBe(0);
});

// Randomness that traces took from others: found again by all 128 bits of the id, shared over a reload, bounded.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { LinkedRandomness } from '#collector/decide/randomness/linked-randomness.ts';

const MAX_TRACES = 65_536;
type Id = readonly [number, number, number, number];
const word = fc.integer({ min: -(2 ** 31), max: 2 ** 32 - 1 });

test('what was remembered last of an id is found, whether its words are signed or not', () => {
  fc.assert(
    fc.property(fc.tuple(word, word, word, word), fc.nat(), fc.nat(), ([a, b, c, d], hi, lo) => {
      const known = new LinkedRandomness();
      known.remember(a, b, c, d, { hi: 1, lo: 2 });
      known.remember(a | 0, b | 0, c | 0, d | 0, { hi, lo });
      expect(known.find(a, b, c, d)).toEqual({ hi, lo });
      expect(known.find(a >>> 0, b >>> 0, c >>> 0, d >>> 0)).toEqual({ hi, lo });
    }),
    { seed: 201 },
  );
});

test('ids that differ in one word, or have the same words elsewhere, are others', () => {
  const known = new LinkedRandomness();
  expect(known.find(1, 2, 3, 4)).toBeUndefined();
  known.remember(1, 2, 3, 4, { hi: 5, lo: 6 });
  const others: readonly Id[] = [
    [0, 2, 3, 4],
    [1, 0, 3, 4],
    [1, 2, 0, 4],
    [1, 2, 3, 0],
    [4, 3, 2, 1],
    [12, 3, 4, 0],
  ];
  expect(others.filter((id) => known.find(...id) !== undefined)).toEqual([]);
});

test('who adopts goes on with the same memory', () => {
  const [before, after] = [new LinkedRandomness(), new LinkedRandomness()];
  before.remember(1, 1, 1, 1, { hi: 1, lo: 1 });
  after.adopt(before);
  expect(after.find(1, 1, 1, 1)).toEqual({ hi: 1, lo: 1 });
  after.remember(2, 2, 2, 2, { hi: 2, lo: 2 });
  expect(before.find(2, 2, 2, 2)).toEqual({ hi: 2, lo: 2 });
});

test('at least the last 65,536 are known, and no more than twice as many', () => {
  const known = new LinkedRandomness();
  const count = 3 * MAX_TRACES;
  for (let i = 0; i < count; i++) known.remember(0, 0, 0, i, { hi: 0, lo: i });
  let found = 0;
  for (let i = 0; i < count; i++) if (known.find(0, 0, 0, i) !== undefined) found++;
  expect(found).toBeLessThanOrEqual(2 * MAX_TRACES);
  const last = Array.from({ length: MAX_TRACES }, (_, i) => count - 1 - i);
  expect(last.filter((i) => known.find(0, 0, 0, i)?.lo !== i)).toEqual([]);
});

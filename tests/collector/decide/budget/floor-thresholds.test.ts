// The floor of one window: of every stratum so many different randomnesses stay, whatever else is said.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { passes, type Candidate } from '#collector/decide/budget/candidate.ts';
import { FloorThresholds, hasFloor, MAX_STRATA } from '#collector/decide/budget/floor-thresholds.ts';
import { KEEP_ALL, KEEP_NONE } from '#proto/model/threshold.ts';

function candidate(randomHi: number, stratum: string, more: Partial<Candidate> = {}): Candidate {
  return {
    randomHi,
    randomLo: 0,
    rule: KEEP_ALL,
    upstream: KEEP_ALL,
    spans: 1,
    bytes: 1,
    stratum,
    outsideBudget: false,
    ...more,
  };
}

const keptOf = (candidates: readonly Candidate[], traces: number): boolean[] => {
  const floor = new FloorThresholds(candidates, () => traces);
  return candidates.map((one) => hasFloor(one) && passes(one, floor.of(one)));
};

test('of every stratum the highest stay, groups of one randomness counting once', () => {
  const some = fc.record({ r: fc.integer({ min: 1, max: 9 }), stratum: fc.constantFrom('a', 'b', 'c') });
  fc.assert(
    fc.property(fc.array(some, { maxLength: 12 }), fc.nat({ max: 4 }), (list, traces) => {
      const expected = list.map(({ r, stratum }) => {
        const own = new Set(list.filter((one) => one.stratum === stratum).map((one) => one.r));
        const above = [...own].filter((one) => one > r).length;
        return above < traces;
      });
      expect(
        keptOf(
          list.map(({ r, stratum }) => candidate(r, stratum)),
          traces,
        ),
      ).toEqual(expected);
    }),
    { seed: 431, numRuns: 300 },
  );
});

test('a rule that keeps nothing is final: its traces have no floor and take nobody else theirs', () => {
  expect(hasFloor(candidate(5, 'a', { rule: KEEP_NONE }))).toBe(false);
  expect(hasFloor(candidate(5, 'a', { rule: { hi: 2 ** 28 - 1, lo: 2 ** 28 - 1 } }))).toBe(true);
  expect(keptOf([candidate(9, 'a', { rule: KEEP_NONE }), candidate(5, 'a'), candidate(4, 'a')], 1)).toEqual([
    false,
    true,
    false,
  ]);
});

test('the number may differ by stratum', () => {
  const candidates = [candidate(9, 'a'), candidate(8, 'a'), candidate(9, 'b'), candidate(8, 'b')];
  const floor = new FloorThresholds(candidates, (stratum) => (stratum === 'a' ? 0 : 2));
  expect(candidates.map((one) => passes(one, floor.of(one)))).toEqual([false, false, true, true]);
});

test('strata beyond the bound share one, so that no flood of keys keeps everything', () => {
  const candidates = Array.from({ length: MAX_STRATA + 500 }, (_, i) => candidate(i + 1, `s${i}`));
  const kept = keptOf(candidates, 1);
  expect(kept.filter(Boolean)).toHaveLength(MAX_STRATA + 1);
  // The one that stays of the shared stratum is its highest.
  expect(kept.at(-1)).toBe(true);
  expect(kept.slice(MAX_STRATA, -1)).not.toContain(true);
});

// The budget of one window as a threshold, against the plain reading of its rule: groups of one randomness, from the highest down.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { budgetThreshold, type Budget } from '#collector/decide/budget/budget-threshold.ts';
import { passes, type Candidate } from '#collector/decide/budget/candidate.ts';
import { KEEP_ALL, KEEP_NONE, type Threshold } from '#proto/model/threshold.ts';

const at = (r: number): Threshold => ({ hi: r, lo: 0 });

function candidate(r: number, more: Partial<Candidate> = {}): Candidate {
  return {
    randomHi: r,
    randomLo: 0,
    rule: KEEP_ALL,
    upstream: KEEP_ALL,
    spans: 1,
    bytes: 10,
    stratum: '',
    outsideBudget: false,
    ...more,
  };
}

/** Randomness of the first group that does not fit; undefined when all do. */
function plainCut(candidates: readonly Candidate[], budget: Budget): number | undefined {
  const counted = candidates.filter((one) => !one.outsideBudget && one.rule !== KEEP_NONE);
  let spans = budget.spans ?? Infinity;
  let bytes = budget.bytes ?? Infinity;
  for (const r of [...new Set(counted.map((one) => one.randomHi))].sort((a, b) => b - a)) {
    const group = counted.filter((one) => one.randomHi === r);
    const wanted = group.some((one) => r >= one.rule.hi && r >= one.upstream.hi);
    if (!wanted) continue;
    const sum = (of: (one: Candidate) => number): number => group.reduce((total, one) => total + of(one), 0);
    // A group larger than the whole budget counts as large as it.
    spans -= Math.min(
      sum((one) => one.spans),
      (budget.spans ?? 0) > 0 ? budget.spans! : Infinity,
    );
    bytes -= Math.min(
      sum((one) => one.bytes),
      (budget.bytes ?? 0) > 0 ? budget.bytes! : Infinity,
    );
    if (spans < 0 || bytes < 0) return r;
  }
  return undefined;
}

const some = fc.record({
  r: fc.integer({ min: 1, max: 20 }),
  spans: fc.integer({ min: 1, max: 9 }),
  rule: fc.constantFrom(KEEP_ALL, at(5), at(12), KEEP_NONE),
  upstream: fc.constantFrom(KEEP_ALL, at(8)),
  outsideBudget: fc.constantFrom(false, false, false, true),
});
const candidates = fc
  .array(some, { maxLength: 14 })
  .map((list) =>
    list.map(({ r, spans, rule, upstream, outsideBudget }) =>
      candidate(r, { spans, bytes: spans * 10, rule, upstream, outsideBudget }),
    ),
  );
const budgets = fc.record({
  spans: fc.option(fc.nat({ max: 40 }), { nil: undefined }),
  bytes: fc.option(fc.nat({ max: 400 }), { nil: undefined }),
});

test('it is one above the first group that does not fit', () => {
  fc.assert(
    fc.property(candidates, budgets, (list, budget) => {
      const cut = plainCut(list, budget);
      expect(budgetThreshold(list, budget)).toEqual(cut === undefined ? KEEP_ALL : { hi: cut, lo: 1 });
    }),
    { seed: 421, numRuns: 500 },
  );
});

test('in any order of traces it is the same', () => {
  fc.assert(
    fc.property(candidates, budgets, (list, budget) => {
      expect(budgetThreshold(list.toReversed(), budget)).toEqual(budgetThreshold(list, budget));
    }),
    { seed: 422 },
  );
});

test('more budget never makes it higher', () => {
  fc.assert(
    fc.property(candidates, fc.nat({ max: 40 }), fc.nat({ max: 20 }), (list, spans, more) => {
      const [less, greater] = [budgetThreshold(list, { spans }), budgetThreshold(list, { spans: spans + more })];
      expect(greater.hi * 2 + greater.lo).toBeLessThanOrEqual(less.hi * 2 + less.lo);
    }),
    { seed: 423 },
  );
});

test('what passes fits, but for a first group that is larger than all there is', () => {
  fc.assert(
    fc.property(candidates, fc.integer({ min: 1, max: 40 }), (list, spans) => {
      const threshold = budgetThreshold(list, { spans });
      const kept = list.filter(
        (one) => !one.outsideBudget && passes(one, threshold) && passes(one, one.rule) && passes(one, one.upstream),
      );
      const groups = new Set(kept.map((one) => one.randomHi));
      const sum = kept.reduce((total, one) => total + one.spans, 0);
      expect(sum <= spans || groups.size === 1).toBe(true);
    }),
    { seed: 424, numRuns: 300 },
  );
});

test('no traces, or no bound, keep all', () => {
  expect(budgetThreshold([], { spans: 0 })).toEqual(KEEP_ALL);
  expect(budgetThreshold([candidate(5), candidate(6)], {})).toEqual(KEEP_ALL);
});

test('a budget of nothing keeps nothing', () => {
  expect(budgetThreshold([candidate(5), candidate(6)], { spans: 0 })).toEqual({ hi: 6, lo: 1 });
});

// Traces that wait for the end of their window: when it ends, in which order they are taken, what is paid for, what passes at once.
import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import type { Candidate } from '#collector/decide/budget/candidate.ts';
import type { WindowSettings } from '#collector/decide/budget/compile-window.ts';
import { DecisionWindow } from '#collector/decide/budget/decision-window.ts';
import { HALF, KEEP_ALL, KEEP_NONE } from '#proto/model/threshold.ts';
import type { Decision } from '#collector/model/trace.ts';

function windowOf(more: Partial<WindowSettings> = {}): DecisionWindow {
  const window = new DecisionWindow({
    spansPerSecond: 10,
    bytesPerSecond: undefined,
    burstMs: 0,
    windowMs: 1000,
    floor: undefined,
    ...more,
  });
  window.advanceTo(0);
  return window;
}

function candidate(randomHi: number, more: Partial<Candidate> = {}): Candidate {
  return {
    randomHi,
    randomLo: 0,
    rule: KEEP_ALL,
    upstream: KEEP_ALL,
    spans: 1,
    bytes: 1,
    stratum: 's',
    outsideBudget: false,
    ...more,
  };
}

const empty = (): Decision => ({ keep: false, rule: -1, thresholdHi: 0, thresholdLo: 0, weight: 0 });

/** Holds them, ends the window and takes their decisions. */
function decided(window: DecisionWindow, candidates: readonly Candidate[], nowMs: number): Decision[] {
  for (const [i, one] of candidates.entries()) window.hold(one, i);
  window.advanceTo(nowMs);
  window.close();
  return candidates.map(({ spans, bytes }) => {
    const decision = empty();
    window.release(spans, bytes, decision);
    return decision;
  });
}

describe('a window', () => {
  test('ends when it has lasted, counted from its first trace', () => {
    const window = windowOf();
    expect(window.advanceTo(5000)).toBe(false);
    window.hold(candidate(1), 0);
    expect(window.advanceTo(5999)).toBe(false);
    expect(window.advanceTo(6000)).toBe(true);
  });

  test('can be ended sooner; one that holds nothing has no end', () => {
    const window = windowOf();
    window.close();
    expect(window.advanceTo(100)).toBe(false);
    window.hold(candidate(1), 0);
    window.close();
    expect(window.advanceTo(100)).toBe(true);
  });

  test('a clock that goes back ends nothing', () => {
    const window = windowOf();
    window.advanceTo(5000);
    window.hold(candidate(1), 0);
    expect(window.advanceTo(100)).toBe(false);
    expect(window.advanceTo(6000)).toBe(true);
  });

  test('decisions come in the order in which traces were held, with their rule and the whole threshold', () => {
    const decisions = decided(windowOf(), [candidate(5, { spans: 8 }), candidate(9, { spans: 8 }), candidate(1)], 1000);
    expect(decisions.map(({ rule, keep }) => [rule, keep])).toEqual([
      [0, false],
      [1, true],
      [2, false],
    ]);
    expect(decisions[1]).toMatchObject({ thresholdHi: 5, thresholdLo: 1, randomHi: 9, randomLo: 0 });
    expect(decisions[1]!.weight).toBeCloseTo(HALF / (HALF - 5), 9);
    expect(decisions[0]).toMatchObject({ weight: 0 });
  });

  test('traces of a next window may be held while those of the last are not taken yet', () => {
    const window = windowOf();
    window.hold(candidate(7), 1);
    window.close();
    window.hold(candidate(8), 2);
    window.close();
    const rules = [empty(), empty()].map((decision) => {
      window.release(1, 1, decision);
      return decision.rule;
    });
    expect(rules).toEqual([1, 2]);
    expect(window.advanceTo(100)).toBe(false);
  });
});

describe('what is paid for', () => {
  test('spans that came while a trace was held are owed by the next window', () => {
    const [all, grown] = [windowOf(), windowOf()];
    for (const [window, spans] of [
      [all, 5],
      [grown, 14],
    ] as const) {
      window.hold(candidate(9, { spans: 5 }), 0);
      window.advanceTo(1000);
      window.release(spans, 1, empty());
    }
    const next = (window: DecisionWindow): number =>
      decided(
        window,
        Array.from({ length: 10 }, (_, i) => candidate(i + 1)),
        2000,
      ).filter(({ keep }) => keep).length;
    expect([next(all), next(grown)]).toEqual([10, 6]);
  });

  test('what stands outside of the budget is neither cut nor paid for', () => {
    const outside = Array.from({ length: 50 }, (_, i) => candidate(i + 1, { outsideBudget: true }));
    const inside = Array.from({ length: 10 }, (_, i) => candidate(i + 1));
    expect(decided(windowOf(), [...outside, ...inside], 1000).every(({ keep }) => keep)).toBe(true);
  });

  test('what a rule keeps nothing of stays away whatever is left', () => {
    expect(decided(windowOf(), [candidate(9, { rule: KEEP_NONE })], 1000)).toMatchObject([{ keep: false, weight: 0 }]);
  });
});

describe('what passes at once', () => {
  const passed = (window: DecisionWindow, one: Candidate): Decision | undefined => {
    const decision = empty();
    return window.pass(one, decision) ? decision : undefined;
  };

  test('nothing without a burst, or while a window is open', () => {
    expect(passed(windowOf(), candidate(9))).toBeUndefined();
    const window = windowOf({ burstMs: 60_000 });
    window.hold(candidate(1), 0);
    expect(passed(window, candidate(9))).toBeUndefined();
  });

  test('what the burst pays for, and a whole window besides', () => {
    const window = windowOf({ burstMs: 5000 });
    const kept = Array.from({ length: 60 }, () => passed(window, candidate(9))).filter((one) => one !== undefined);
    // 50 spans of burst, 10 of which are left for a window.
    expect(kept).toHaveLength(40);
    expect(kept[0]).toMatchObject({ keep: true, weight: 1 });
  });

  test('a trace that its own rule refuses is refused at once, and costs nothing', () => {
    const window = windowOf({ burstMs: 5000 });
    const refused = Array.from({ length: 100 }, () => passed(window, candidate(1, { rule: { hi: 5, lo: 0 } })));
    expect(refused.every((one) => one?.keep === false)).toBe(true);
  });

  test('not where a floor might keep what the rule refuses', () => {
    const window = windowOf({ burstMs: 5000, floor: { traces: 1, everyMs: 60_000 } });
    expect(passed(window, candidate(1, { rule: { hi: 5, lo: 0 } }))).toBeUndefined();
    expect(passed(window, candidate(9))).toMatchObject({ keep: true });
  });
});

describe('the floor', () => {
  const floor = { traces: 1, everyMs: 10_000 };

  test('keeps one of each stratum in an interval, the highest of its first window', () => {
    const window = windowOf({ spansPerSecond: 1, floor });
    const candidates = [candidate(3, { stratum: 'a' }), candidate(9, { stratum: 'a' }), candidate(1, { stratum: 'b' })];
    const kept = (nowMs: number): boolean[] => decided(window, candidates, nowMs).map(({ keep }) => keep);
    expect(kept(1000)).toEqual([false, true, true]);
    // The budget alone, of which debts leave one.
    expect(kept(2000)).toEqual([false, true, false]);
    window.advanceTo(10_900);
    expect(kept(11_900)).toEqual([false, true, true]);
  });

  test('a flood of strata keeps one of all those beyond the bound', () => {
    const window = windowOf({ spansPerSecond: 1, floor });
    const many = Array.from({ length: 10_500 }, (_, i) => candidate(i + 1, { stratum: `s${i}` }));
    const kept = decided(window, many, 1000).filter(({ keep }) => keep).length;
    expect(kept).toBeLessThanOrEqual(10_002);
  });
});

test('over many windows what is kept is what the budget allows', () => {
  const load = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 20, maxLength: 60 });
  fc.assert(
    fc.property(fc.array(load, { minLength: 5, maxLength: 10 }), fc.nat(), (windows, seed) => {
      const window = windowOf();
      let kept = 0;
      for (const [w, sizes] of windows.entries()) {
        const candidates = sizes.map((spans, i) =>
          candidate((Math.imul(seed + w * 100 + i, 0x9e3779b1) >>> 4) + 1, { spans }),
        );
        const decisions = decided(window, candidates, (w + 1) * 1000);
        kept += candidates.reduce((sum, { spans }, i) => sum + (decisions[i]!.keep ? spans : 0), 0);
      }
      expect(kept).toBeLessThanOrEqual(windows.length * 10);
      expect(kept).toBeGreaterThan(windows.length * 10 - windows.length * 6);
    }),
    { seed: 441, numRuns: 50 },
  );
});

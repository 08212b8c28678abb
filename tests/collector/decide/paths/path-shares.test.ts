// Shares of paths: exact while paths are few, never below the truth however many they are, forgotten after their window.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { PATH_TURN_MS, PathShares } from '#collector/decide/paths/path-shares.ts';

/** Words of a path, spread as fingerprints are. */
function words(path: number): [hi: number, lo: number] {
  return [Math.imul(path + 1, 0x9e3779b1) >>> 0, Math.imul(path + 7, 0x85ebca6b) >>> 0];
}

test('the first of all is no rarity, later ones are what part of all they are', () => {
  const shares = new PathShares();
  expect(shares.count(...words(1), 0)).toBe(1);
  for (let i = 0; i < 998; i++) shares.count(...words(1), i);
  expect(shares.count(...words(2), 999)).toBe(1 / 1000);
  expect(shares.count(...words(2), 999)).toBe(2 / 1001);
  expect(shares.count(...words(1), 999)).toBe(1000 / 1002);
});

test('a share is over the turn under way and the one before, and a clock that goes back counts as now', () => {
  const shares = new PathShares();
  for (let i = 0; i < 100; i++) shares.count(...words(1), 5);
  expect(shares.count(...words(2), PATH_TURN_MS + 5)).toBe(1 / 101);
  expect(shares.count(...words(1), 0)).toBe(101 / 102);
  expect(shares.count(...words(2), 2 * PATH_TURN_MS + 5)).toBe(2 / 3);
  expect(shares.count(...words(3), 9 * PATH_TURN_MS)).toBe(1);
});

test('200,000 different paths make none rarer than it is, and hardly any less rare', () => {
  const shares = new PathShares();
  const truth = new Map<number, number>();
  const paths = 200_000;
  let over = 0;
  let under = 0;
  for (let i = 0; i < paths * 2; i++) {
    const path = i % 2 === 0 ? i : (i * 31) % 100;
    const count = (truth.get(path) ?? 0) + 1;
    truth.set(path, count);
    const share = shares.count(...words(path), 0);
    if (share * (i + 1) < count - 1e-6) under++;
    if (share - count / (i + 1) > 0.0001) over++;
  }
  expect(under).toBe(0);
  expect(over / paths).toBeLessThan(0.02);
});

test('two that have adopted each other count together', () => {
  const [one, two] = [new PathShares(), new PathShares()];
  two.adopt(one);
  one.count(...words(1), 0);
  expect(two.count(...words(2), 0)).toBe(1 / 2);
});

test('of few paths shares are exact, over two turns of any clock', () => {
  const step = fc.record({
    path: fc.integer({ min: 0, max: 20 }),
    afterMs: fc.constantFrom(0, 1000, PATH_TURN_MS / 2, PATH_TURN_MS, 3 * PATH_TURN_MS),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
      const shares = new PathShares();
      let [current, previous]: [number[], number[]] = [[], []];
      let nowMs = 0;
      let beganMs: number | undefined;
      for (const { path, afterMs } of steps) {
        nowMs += afterMs;
        beganMs ??= nowMs;
        if (nowMs - beganMs >= PATH_TURN_MS) {
          previous = nowMs - beganMs >= 2 * PATH_TURN_MS ? [] : current;
          current = [];
          beganMs = nowMs;
        }
        current.push(path);
        const all = [...current, ...previous];
        expect(shares.count(...words(path), nowMs)).toBe(all.filter((one) => one === path).length / all.length);
      }
    }),
    { seed: 841, numRuns: 60 },
  );
});

test('shares are never below the truth and never above a plain count-min sketch, turn by turn', () => {
  const width = 65_536;
  const rows = 4;
  /** Every counter of a path goes up, and the least of them is the estimate. */
  class PlainSketch {
    readonly counts = new Map<number, number>();
    total = 0;

    add(hi: number, lo: number): void {
      this.total++;
      for (const cell of this.#cells(hi, lo)) this.counts.set(cell, (this.counts.get(cell) ?? 0) + 1);
    }

    estimate(hi: number, lo: number): number {
      return Math.min(...this.#cells(hi, lo).map((cell) => this.counts.get(cell) ?? 0));
    }

    #cells(hi: number, lo: number): number[] {
      return Array.from({ length: rows }, (_, row) => row * width + ((lo + row * (hi | 1)) & (width - 1)));
    }
  }
  // Words that meet in few counters, so that paths are taken for each other often.
  const crowded = (path: number): [number, number] => [((path % 7) * 2 + 1) * 0x1000000, path % 97];
  const step = fc.record({
    path: fc.integer({ min: 0, max: 2000 }),
    afterMs: fc.constantFrom(0, 0, 0, 5000, PATH_TURN_MS / 3),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 50, maxLength: 400 }), (steps) => {
      const shares = new PathShares();
      let [current, previous] = [new PlainSketch(), new PlainSketch()];
      let [exact, exactBefore] = [new Map<string, number>(), new Map<string, number>()];
      let nowMs = 0;
      let beganMs = 0;
      for (const [i, { path, afterMs }] of steps.entries()) {
        if (i > 0) nowMs += afterMs;
        if (nowMs - beganMs >= PATH_TURN_MS) {
          [previous, current] = [current, new PlainSketch()];
          [exactBefore, exact] = [exact, new Map<string, number>()];
          beganMs = nowMs;
        }
        const [hi, lo] = crowded(path);
        const key = `${hi} ${lo}`;
        current.add(hi, lo);
        exact.set(key, (exact.get(key) ?? 0) + 1);
        const all = current.total + previous.total;
        const share = shares.count(hi, lo, nowMs);
        expect(share).toBeGreaterThanOrEqual(((exact.get(key) ?? 0) + (exactBefore.get(key) ?? 0)) / all);
        expect(share).toBeLessThanOrEqual((current.estimate(hi, lo) + previous.estimate(hi, lo)) / all);
      }
    }),
    { seed: 842, numRuns: 40 },
  );
});

test('a rule set that is replaced again and again goes on with one memory', () => {
  let holder = new PathShares();
  for (let i = 0; i < 50; i++) {
    holder.count(...words(i % 5), i);
    const next = new PathShares();
    next.adopt(holder);
    holder = next;
  }
  // 50 traces, 10 of each path; this is the 51st and the 11th of its path.
  expect(holder.count(...words(3), 50)).toBe(11 / 51);
});

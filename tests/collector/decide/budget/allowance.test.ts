// What a budget allows to be kept by now: comes in with time, is spent, saved up for the burst at most, owed for a minute at most.
import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { Allowance, type BudgetSettings } from '#collector/decide/budget/allowance.ts';

const settings = (more: Partial<BudgetSettings> = {}): BudgetSettings => ({
  spansPerSecond: 100,
  bytesPerSecond: undefined,
  burstMs: 0,
  ...more,
});

/** Begun at time 0. */
function begun(more: Partial<BudgetSettings> = {}): Allowance {
  const allowance = new Allowance(settings(more));
  allowance.start(0);
  return allowance;
}

describe('without a burst', () => {
  test('a window has what its time brings, and nothing is saved up', () => {
    const allowance = begun();
    expect(allowance.earn(1000, 1000)).toBe(1);
    expect(allowance.budget(1)).toEqual({ spans: 100, bytes: undefined });
    // Nothing was spent; ten quiet seconds later there is still one window's worth.
    expect(allowance.earn(11_000, 1000)).toBe(1);
    expect(allowance.budget(1)!.spans).toBe(100);
  });

  test('what was not spent of a window is left to the next as far as it fits', () => {
    const allowance = begun();
    allowance.earn(1000, 1000);
    allowance.spend(60, 0);
    allowance.earn(1500, 1000);
    expect(allowance.budget(0.5)!.spans).toBe(90);
  });

  test('too much spent is paid for by the windows after, which keep a tenth all the same', () => {
    const allowance = begun();
    allowance.earn(1000, 1000);
    allowance.spend(350, 0);
    const budgets = [2000, 3000, 4000, 5000].map((nowMs) => {
      allowance.earn(nowMs, 1000);
      return allowance.budget(1)!.spans;
    });
    expect(budgets).toEqual([10, 10, 50, 100]);
  });

  test('a debt is forgotten beyond a minute', () => {
    const allowance = begun();
    allowance.earn(1000, 1000);
    allowance.spend(1e9, 0);
    // One second after the other: after a minute and a bit it is paid.
    let seconds = 0;
    do {
      seconds++;
      allowance.earn(1000 + seconds * 1000, 1000);
    } while (allowance.budget(1)!.spans! < 100 && seconds < 1000);
    expect(seconds).toBe(61);
  });
});

describe('with a burst', () => {
  test('it is full at the start, once', () => {
    const allowance = begun({ burstMs: 60_000 });
    allowance.earn(1000, 1000);
    expect(allowance.budget(1)!.spans).toBe(6000);
    allowance.spend(6000, 0);
    allowance.earn(2000, 1000);
    expect(allowance.budget(1)!.spans).toBe(100);
  });

  test('a quiet time is made up for, to the burst at most', () => {
    const allowance = begun({ burstMs: 10_000 });
    allowance.earn(0, 1000);
    allowance.spend(1000, 0);
    allowance.earn(4000, 1000);
    expect(allowance.budget(1)!.spans).toBe(400);
    allowance.earn(3_600_000, 1000);
    expect(allowance.budget(1)!.spans).toBe(1000);
  });

  test('it is ample while a trace and a whole window besides can be paid for', () => {
    const allowance = begun({ burstMs: 5000 });
    expect(allowance.isAmple(400, 0, 1000)).toBe(true);
    expect(allowance.isAmple(401, 0, 1000)).toBe(false);
    allowance.spend(400, 0);
    expect(allowance.isAmple(0, 0, 1000)).toBe(true);
    expect(allowance.isAmple(1, 0, 1000)).toBe(false);
  });
});

describe('of bytes', () => {
  test('spans and bytes are kept apart', () => {
    const allowance = begun({ bytesPerSecond: 1000 });
    allowance.earn(1000, 1000);
    allowance.spend(30, 900);
    expect(allowance.budget(1)).toEqual({ spans: 70, bytes: 100 });
    expect(allowance.isAmple(0, 0, 0)).toBe(true);
    expect(allowance.isAmple(0, 101, 0)).toBe(false);
  });

  test('what is not limited has no bound, and nothing limited is no budget', () => {
    expect(begun({ spansPerSecond: undefined, bytesPerSecond: 5 }).budget(1)).toMatchObject({ spans: undefined });
    expect(begun({ spansPerSecond: undefined }).budget(1)).toBeUndefined();
    expect(begun({ spansPerSecond: undefined }).isAmple(1e9, 1e9, 1000)).toBe(true);
  });
});

test('a clock that goes back, or does not move, brings nothing', () => {
  const allowance = begun();
  allowance.earn(1000, 1000);
  allowance.spend(100, 0);
  expect(allowance.earn(1000, 1000)).toBe(0);
  expect(allowance.earn(500, 1000)).toBe(0);
  expect(allowance.budget(0)).toEqual({ spans: 1, bytes: undefined });
});

test('over any time no more is to be had than the burst, what time brings and a least for each window', () => {
  const step = fc.record({ ms: fc.integer({ min: 100, max: 3000 }), wanted: fc.nat({ max: 1000 }) });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), fc.constantFrom(0, 5000), (steps, burstMs) => {
      const allowance = begun({ burstMs });
      let nowMs = 0;
      let spent = 0;
      let least = 0;
      for (const { ms, wanted } of steps) {
        nowMs += ms;
        const seconds = allowance.earn(nowMs, 1000);
        const budget = allowance.budget(seconds)!.spans!;
        const kept = Math.min(wanted, budget);
        allowance.spend(kept, 0);
        spent += kept;
        least += Math.max(1, seconds * 100 * 0.1);
      }
      expect(spent).toBeLessThanOrEqual((burstMs / 1000) * 100 + (nowMs / 1000) * 100 + least + 1e-6);
    }),
    { seed: 401 },
  );
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeadlineWheel, TICK_MS } from '#collector/assemble/deadline-wheel.ts';

function popAll(wheel: DeadlineWheel, nowMs: number): number[] {
  const entries: number[] = [];
  for (let entry = wheel.pop(nowMs); entry >= 0; entry = wheel.pop(nowMs)) entries.push(entry);
  return entries;
}

describe('the deadline wheel', () => {
  it('shows every entry at the first tick after its deadline, however far away, and never before', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(200_000), { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 1, max: 900 }),
        fc.nat(10 ** 9),
        (waits, stepMs, startMs) => {
          const wheel = new DeadlineWheel(waits.length);
          const open = new Map(waits.map((wait, entry) => [entry, startMs + wait]));
          for (const [entry, dueMs] of open) wheel.add(entry, dueMs, startMs);
          for (let nowMs = startMs; nowMs < startMs + 201_000; nowMs += stepMs * 100) {
            for (const entry of popAll(wheel, nowMs)) {
              if (wheel.isDue(open.get(entry)!, nowMs)) open.delete(entry);
              else wheel.add(entry, open.get(entry)!, nowMs);
            }
            for (const dueMs of open.values())
              expect(Math.ceil(dueMs / TICK_MS)).toBeGreaterThan(Math.floor(nowMs / TICK_MS));
          }
          popAll(wheel, startMs + 400_000);
          expect(popAll(wheel, startMs + 800_000)).toEqual([]);
        },
      ),
      { seed: 71 },
    );
  });

  it('catches up at once with a clock that is set forward by half a century', () => {
    const wheel = new DeadlineWheel(3);
    const laterMs = 50 * 365 * 86_400_000;
    for (const [entry, dueMs] of [10, 30_000, 90_000].entries()) wheel.add(entry, dueMs, 0);
    const beganMs = performance.now();
    expect(popAll(wheel, laterMs)).toEqual([0, 1, 2]);
    expect(performance.now() - beganMs).toBeLessThan(5000);
    wheel.add(0, laterMs + 1000, laterMs);
    expect(popAll(wheel, laterMs + 990)).toEqual([]);
    expect(popAll(wheel, laterMs + 1000)).toEqual([0]);
  });

  it('moves an entry forward at once, and leaves it where it is when its deadline moves back', () => {
    const wheel = new DeadlineWheel(2);
    wheel.add(0, 30_000, 0);
    wheel.add(1, 1000, 0);
    wheel.advance(0, 500, 0);
    wheel.advance(1, 20_000, 0);
    expect(popAll(wheel, 400)).toEqual([]);
    expect(popAll(wheel, 500)).toEqual([0]);
    expect(popAll(wheel, 1000)).toEqual([1]);
  });

  it('forgets an entry that was taken out', () => {
    const wheel = new DeadlineWheel(3);
    for (const entry of [0, 1, 2]) wheel.add(entry, 500, 0);
    wheel.remove(1);
    wheel.remove(1);
    expect(popAll(wheel, 600).toSorted((a, b) => a - b)).toEqual([0, 2]);
  });
});

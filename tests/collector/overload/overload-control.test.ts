// T_min follows the load: up while it lasts, down when it has been gone for longer, within bounds, never for a single moment.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HALF } from '#proto/model/threshold.ts';
import { OverloadControl, type OverloadSettings } from '#collector/overload/overload-control.ts';
import { TickLag } from '#collector/overload/tick-lag.ts';

const SETTINGS: OverloadSettings = {
  enabled: true,
  raiseAbove: 0.85,
  lowerBelow: 0.6,
  lagMs: 500,
  stepMs: 10_000,
  leastProbability: 0.001,
};
const TICK_MS = 50;

/** Feels one load for a while; returns how often T_min changed. */
function under(control: OverloadControl, clock: { nowMs: number }, forMs: number, pressure: number, lagMs = 0): number {
  let changes = 0;
  for (let passed = 0; passed < forMs; passed += TICK_MS) {
    clock.nowMs += TICK_MS;
    if (control.update(pressure, lagMs, clock.nowMs)) changes++;
  }
  return changes;
}

test('a full buffer halves the probability with every step of time, down to its bound, and calm brings it back one by one', () => {
  const control = new OverloadControl(SETTINGS);
  const clock = { nowMs: 1e12 };
  expect(under(control, clock, 9000, 0.9)).toBe(0);
  expect(under(control, clock, 10_000, 0.9)).toBe(1);
  expect(control).toMatchObject({ probability: 0.5, leastHi: HALF / 2, cause: 'buffer', isRising: true });
  under(control, clock, 300_000, 0.9);
  expect(control.probability).toBe(1 / 512);
  expect(under(control, clock, 60_000, 0.7)).toBe(0);
  expect(under(control, clock, 70_000, 0.5)).toBe(2);
  expect(control.isRising).toBe(false);
  under(control, clock, 600_000, 0.5);
  expect(control).toMatchObject({ probability: 1, leastHi: 0, raised: 9, lowered: 9 });
});

test('an event loop that stays behind is overload, too; one long pause and a burst are not', () => {
  const clock = { nowMs: 1e12 };
  const lagging = new OverloadControl(SETTINGS);
  under(lagging, clock, 15_000, 0, 700);
  expect(lagging).toMatchObject({ steps: 1, cause: 'event_loop' });
  const paused = new OverloadControl(SETTINGS);
  under(paused, clock, 1000, 0.1);
  clock.nowMs += 60_000;
  paused.update(0.1, 60_000, clock.nowMs);
  under(paused, clock, 60_000, 0.1);
  under(paused, clock, 9000, 1);
  under(paused, clock, 30_000, 0.7);
  under(paused, clock, 9000, 1);
  expect(paused).toMatchObject({ steps: 0, raised: 0 });
});

test('switched off it takes everything in, from the next tick on', () => {
  const control = new OverloadControl(SETTINGS);
  const clock = { nowMs: 0 };
  under(control, clock, 60_000, 1);
  expect(control.steps).toBeGreaterThan(2);
  control.reconfigure({ ...SETTINGS, enabled: false });
  expect(under(control, clock, 60_000, 1)).toBe(1);
  expect(control).toMatchObject({ steps: 0, leastHi: 0, probability: 1 });
});

test('whatever the load, steps are rarer than their time and T_min stays within its bounds', () => {
  const load = fc.record({
    forMs: fc.integer({ min: 50, max: 40_000 }),
    pressure: fc.double({ min: 0, max: 1.2, noNaN: true }),
    lagMs: fc.double({ min: 0, max: 5000, noNaN: true }),
  });
  fc.assert(
    fc.property(
      fc.array(load, { maxLength: 12 }),
      fc.double({ min: 1e-9, max: 1, noNaN: true }),
      (loads, leastProbability) => {
        const control = new OverloadControl({ ...SETTINGS, leastProbability });
        const clock = { nowMs: 0 };
        for (const { forMs, pressure, lagMs } of loads) {
          const changes = under(control, clock, forMs, pressure, lagMs);
          expect(changes).toBeLessThanOrEqual(1 + forMs / SETTINGS.stepMs);
          expect(control.probability).toBeGreaterThanOrEqual(Math.max(leastProbability, 2 ** -20));
          expect(control.leastHi).toBe(HALF * (1 - control.probability));
          expect(Number.isInteger(control.leastHi)).toBe(true);
          expect(control.raised - control.lowered).toBe(control.steps);
        }
      },
    ),
    { seed: 3, numRuns: 60 },
  );
});

test('a timer is as late as it fires after its time', () => {
  const lag = new TickLag(50);
  expect([1000, 1050, 1120, 1160, 2210].map((nowMs) => lag.fired(nowMs))).toEqual([0, 0, 20, 0, 1000]);
});

// When groups are evaluated: spread over their interval, always at the same place in it, and what is left out is counted.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nextSlot, offsetOf, slotAt } from '#query/rules/run/schedule.ts';

test('instants are one interval apart, at the place of the group, and the last is never after now', () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.string(),
      fc.integer({ min: 100, max: 86_400_000 }),
      fc.integer({ min: 0, max: 4e12 }),
      (file, name, intervalMs, nowMs) => {
        const offsetMs = offsetOf(file, name, intervalMs);
        expect(offsetMs).toBeGreaterThanOrEqual(0);
        expect(offsetMs).toBeLessThan(intervalMs);
        const slot = slotAt(nowMs, offsetMs, intervalMs);
        expect(slot).toBeLessThanOrEqual(nowMs);
        expect(slot).toBeGreaterThan(nowMs - intervalMs);
        expect((((slot - offsetMs) % intervalMs) + intervalMs) % intervalMs).toBe(0);
      },
    ),
    { seed: 11 },
  );
});

test.each([
  ['g1', 1000, 894],
  ['g2', 2000, 1855],
])('group %s of rules.yaml is evaluated when Prometheus 3.15 does it', (name, intervalMs, expectedMs) => {
  expect(offsetOf('rules.yaml', name, intervalMs)).toBe(expectedMs);
});

test('groups are spread', () => {
  const tenths = new Set(
    Array.from({ length: 200 }, (_, at) => Math.floor(offsetOf('rules.yaml', `group ${at}`, 60_000) / 6000)),
  );
  expect(tenths.size).toBe(10);
});

test.each([
  ['in time', 1000, { atMs: 1000, missed: 0 }],
  ['a moment early', 999, { atMs: 1000, missed: 0 }],
  ['a little late', 1999, { atMs: 1000, missed: 0 }],
  ['as late as an interval', 2000, { atMs: 2000, missed: 1 }],
  ['much too late', 5700, { atMs: 5000, missed: 4 }],
  ['the clock was set back by an hour', -3_600_000, { atMs: -3_600_000, missed: 0 }],
])('%s', (_, nowMs, expected) => {
  expect(nextSlot(0, nowMs, 1000)).toEqual(expected);
});

// When a client is to come again.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { retryAfterMs } from '#collector/admit/retry-after.ts';

it('is when there is room again at the measured rate', () => {
  expect(retryAfterMs({ pendingBytes: 1_000, capBytes: 1_000, drainBytesPerSecond: 20 })).toBe(5_000);
  expect(retryAfterMs({ pendingBytes: 1_100, capBytes: 1_000, drainBytesPerSecond: 20 })).toBe(10_000);
});

it('is at least 1 s and at most 30 s; 5 s when the store takes nothing', () => {
  expect(retryAfterMs({ pendingBytes: 0, capBytes: 1_000, drainBytesPerSecond: 0 })).toBe(1_000);
  expect(retryAfterMs({ pendingBytes: 1_000, capBytes: 1_000, drainBytesPerSecond: 1e12 })).toBe(1_000);
  expect(retryAfterMs({ pendingBytes: 1_000, capBytes: 1_000, drainBytesPerSecond: 0.1 })).toBe(30_000);
  expect(retryAfterMs({ pendingBytes: 1_000, capBytes: 1_000, drainBytesPerSecond: 0 })).toBe(5_000);
  expect(retryAfterMs({ pendingBytes: 1_000, capBytes: 1_000, drainBytesPerSecond: Number.NaN })).toBe(5_000);
});

it('is within its bounds and whole for any facts, and longer the more there is', () => {
  const facts = fc.record({
    pendingBytes: fc.double({ min: 0, max: 1e13 }),
    capBytes: fc.double({ min: 1, max: 1e13 }),
    drainBytesPerSecond: fc.double({ min: 1e-3, max: 1e10 }),
  });
  fc.assert(
    fc.property(facts, fc.double({ min: 0, max: 1e12, noNaN: true }), (given, more) => {
      const ms = retryAfterMs(given);
      expect(Number.isInteger(ms) && ms >= 1_000 && ms <= 30_000).toBe(true);
      if (Number.isNaN(given.pendingBytes) || Number.isNaN(given.drainBytesPerSecond)) return;
      expect(retryAfterMs({ ...given, pendingBytes: given.pendingBytes + more })).toBeGreaterThanOrEqual(ms);
    }),
    { seed: 51 },
  );
});

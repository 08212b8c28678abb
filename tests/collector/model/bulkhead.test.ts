// Room shared by the signals: a guaranteed quarter each, the rest for whoever comes first.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fitsUnderCap, isSignalFull } from '#collector/model/bulkhead.ts';
import { SIGNALS } from '#proto/otlp/signal.ts';

it('one signal alone gets half of it, and leaves a quarter to each of the others', () => {
  expect(isSignalFull('logs', { traces: 0, logs: 49, metrics: 0 }, 100)).toBe(false);
  expect(isSignalFull('logs', { traces: 0, logs: 50, metrics: 0 }, 100)).toBe(true);
  expect(isSignalFull('traces', { traces: 0, logs: 50, metrics: 0 }, 100)).toBe(false);
  expect(isSignalFull('traces', { traces: 24, logs: 50, metrics: 0 }, 100)).toBe(false);
  expect(isSignalFull('traces', { traces: 25, logs: 50, metrics: 0 }, 100)).toBe(true);
  expect(isSignalFull('metrics', { traces: 25, logs: 50, metrics: 24 }, 100)).toBe(false);
  expect(isSignalFull('metrics', { traces: 25, logs: 50, metrics: 25 }, 100)).toBe(true);
});

it('who is taken in only while there is room never goes over the cap, and never finds its own quarter taken', () => {
  const step = fc.record({ signal: fc.constantFrom(...SIGNALS), bytes: fc.integer({ min: -10, max: 10 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const used = { traces: 0, logs: 0, metrics: 0 };
      for (const { signal, bytes } of steps) {
        if (bytes < 0) used[signal] = Math.max(0, used[signal] + bytes);
        else if (!isSignalFull(signal, used, 200)) used[signal] += bytes;
        expect(used.traces + used.logs + used.metrics).toBeLessThan(200 + 3 * 10); // what is let in goes in whole
        expect(SIGNALS.filter((one) => used[one] < 50 && isSignalFull(one, used, 200))).toEqual([]);
      }
    }),
    { numRuns: 300, seed: 41 },
  );
});

it('what is let in by its size never makes the whole larger than the cap, and always fits into its own part', () => {
  const step = fc.record({ signal: fc.constantFrom(...SIGNALS), bytes: fc.integer({ min: -60, max: 60 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const used = { traces: 0, logs: 0, metrics: 0 };
      for (const { signal, bytes } of steps) {
        const fits = fitsUnderCap(signal, used, 200, bytes);
        if (bytes < 0 || fits) used[signal] = Math.max(0, used[signal] + bytes);
        expect(fits || used[signal] + bytes > 50).toBe(true);
        expect(used.traces + used.logs + used.metrics).toBeLessThanOrEqual(200);
      }
    }),
    { numRuns: 300, seed: 42 },
  );
});

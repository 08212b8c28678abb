// Room shared by the signals: a guaranteed quarter each, the rest for whoever comes first.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isSignalFull } from '#collector/store/bulkheads.ts';
import { signalOf, STORE_SIGNALS } from '#collector/store/signals.ts';

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
  const step = fc.record({ signal: fc.constantFrom(...STORE_SIGNALS), bytes: fc.integer({ min: -10, max: 10 }) });
  fc.assert(fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
    const used = { traces: 0, logs: 0, metrics: 0 };
    for (const { signal, bytes } of steps) {
      if (bytes < 0) used[signal] = Math.max(0, used[signal] + bytes);
      else if (!isSignalFull(signal, used, 200)) used[signal] += bytes;
      expect(used.traces + used.logs + used.metrics).toBeLessThan(200 + 3 * 10); // what is let in goes in whole
      expect(STORE_SIGNALS.filter((one) => used[one] < 50 && isSignalFull(one, used, 200))).toEqual([]);
    }
  }), { numRuns: 300, seed: 41 });
});

it('resources count to the signal that floods', () => {
  expect(signalOf('resources', { traces: 10, logs: 11, metrics: 0 })).toBe('logs');
  expect(signalOf('scopes', { traces: 11, logs: 10, metrics: 99 })).toBe('traces');
  expect(['spans', 'links', 'red', 'decisions', 'traces', 'logs', 'samples', 'series', 'exemplars'].map((table) => signalOf(table, { traces: 0, logs: 9, metrics: 9 })))
    .toEqual(['traces', 'traces', 'traces', 'traces', 'traces', 'logs', 'metrics', 'metrics', 'metrics']);
});

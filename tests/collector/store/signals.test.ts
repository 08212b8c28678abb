// Which signal the room of a block counts to.
import { expect, it } from 'vitest';
import { signalOf } from '#collector/store/signals.ts';

it('resources count to the signal that floods', () => {
  expect(signalOf('resources', { traces: 10, logs: 11, metrics: 0 })).toBe('logs');
  expect(signalOf('scopes', { traces: 11, logs: 10, metrics: 99 })).toBe('traces');
  expect(
    ['spans', 'links', 'red', 'decisions', 'traces', 'logs', 'samples', 'series', 'exemplars'].map((table) =>
      signalOf(table, { traces: 0, logs: 9, metrics: 9 }),
    ),
  ).toEqual(['traces', 'traces', 'traces', 'traces', 'traces', 'logs', 'metrics', 'metrics', 'metrics']);
});

// Traps of policy latency.
import { expect, test } from 'vitest';
import { decide, policy } from '#tests/support/collector-decision.ts';

const MS = 1_000_000;
const WINDOW = policy('latency', '{ threshold_ms: 10, upper_threshold_ms: 20 }');

test('tests prefixes in arrival order, so a long trace passes through a window when its first spans are short', () => {
  expect(decide(WINDOW, { duration: 15 * MS }, { duration: 90 * MS })).toBe('+p');
  expect(decide(WINDOW, { duration: 90 * MS }, { duration: 15 * MS })).toBe('');
});

test('compares whole ms: the threshold itself is not above it, the upper one still within', () => {
  expect(decide(policy('latency', '{ threshold_ms: 10 }'), { duration: 11 * MS - 1 })).toBe('');
  expect(decide(policy('latency', '{ threshold_ms: 10 }'), { duration: 11 * MS })).toBe('+p');
  expect(decide(WINDOW, { duration: 21 * MS - 1 })).toBe('+p');
  expect(decide(WINDOW, { duration: 21 * MS })).toBe('');
});

test('takes the wall clock from first start to last end, not the longest span', () => {
  expect(decide(policy('latency', '{ threshold_ms: 10 }'), { duration: MS }, { start: 20 * MS, duration: MS })).toBe('+p');
});

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
  expect(decide(policy('latency', '{ threshold_ms: 10 }'), { duration: MS }, { start: 20 * MS, duration: MS })).toBe(
    '+p',
  );
});

test('takes a time of 0 for none: a first span that starts at 0 makes the trace 53 years long, a later one does not', () => {
  const atZero = { start: -1_700_000_000_000_000_000, duration: 1_700_000_000_000_000_000 };
  const years = policy('latency', '{ threshold_ms: 1600000000000 }');
  expect(decide(years, atZero)).toBe('+p');
  expect(decide(years, {}, atZero)).toBe('+p');
  // Alone it lasts as long as it says.
  expect(decide(policy('latency', '{ threshold_ms: 10 }'), { start: -1_700_000_000_000_000_000, duration: MS })).toBe(
    '',
  );
});

test('an end before its start counts as it stands, and thresholds below 0 match whatever lasts no time', () => {
  expect(decide(policy('latency', '{ threshold_ms: 0 }'), { start: 20 * MS, duration: -10 * MS })).toBe('');
  expect(decide(policy('latency', '{ threshold_ms: -1 }'), { duration: 0 })).toBe('+p');
  expect(decide(policy('latency', '{ threshold_ms: -20 }'), { start: 20 * MS, duration: -10 * MS })).toBe('+p');
});

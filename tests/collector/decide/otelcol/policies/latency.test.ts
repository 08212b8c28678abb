// Policy latency: wall clock of the trace above a threshold or within a window.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { decide, policy, refusal } from '#tests/support/collector-decision.ts';

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

test('the answer is that of every prefix in order of arrival, on whole ms', () => {
  const span = fc.record({ start: fc.integer({ min: 0, max: 40_000_000 }), duration: fc.nat({ max: 40_000_000 }) });
  fc.assert(
    fc.property(
      fc.array(span, { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 0, max: 60 }),
      fc.integer({ min: 0, max: 60 }),
      (spans, least, most) => {
        const holds = spans.some((_, i) => {
          const prefix = spans.slice(0, i + 1);
          const start = Math.min(...prefix.map((one) => one.start));
          const ms = Math.floor((Math.max(...prefix.map((one) => one.start + one.duration)) - start) / MS);
          return most === 0 ? ms > least : least < ms && ms <= most;
        });
        expect(decide(policy('latency', `{ threshold_ms: ${least}, upper_threshold_ms: ${most} }`), ...spans)).toBe(
          holds ? '+p' : '',
        );
      },
    ),
    { seed: 44, numRuns: 200 },
  );
});

test('nothing written is a threshold of 0: what lasts a whole millisecond', () => {
  expect(decide(policy('latency'), { duration: MS })).toBe('+p');
  expect(decide(policy('latency'), { duration: MS - 1 })).toBe('');
});

test.each([
  ['{ threshold_ms: 5s }', '.threshold_ms: has the wrong type, got `5s`; write a whole number'],
  ['{ threshold_ms: 0.5 }', '.threshold_ms: has the wrong type'],
  ["{ threshold_ms: '5' }", '.threshold_ms: has the wrong type'],
  ['{ threshold: 5 }', '.threshold: is no key here; did you mean `threshold_ms`?'],
  ['{ threshold_ms: 5, upper_threshold: 9 }', '.upper_threshold: is no key here; did you mean `upper_threshold_ms`?'],
  ['[5]', ': is no map'],
])('%s is refused', (block, message) => {
  expect(refusal('latency', block)).toContain(message);
});

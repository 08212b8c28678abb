// Condition duration of a span: its end minus its start, as it reported them.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { writtenTrace } from '#tests/support/written-trace.ts';
import { holds, meets, mistakes, ruleOf } from '#tests/support/rule-decision.ts';

const MS = 1_000_000;
const lasting = (condition: string, duration: number): boolean =>
  meets(`{ any: { duration: ${condition} } }`, { duration });

test.each([
  ["'> 800ms'", 800 * MS, false],
  ["'> 800ms'", 800 * MS + 1, true],
  ["'>= 800ms'", 800 * MS, true],
  ["'>= 800ms'", 800 * MS - 1, false],
  ["'< 800ms'", 800 * MS - 1, true],
  ["'< 800ms'", 800 * MS, false],
  ["'<= 1.5s'", 1500 * MS, true],
  ["'<= 1.5s'", 1500 * MS + 1, false],
  ["'= 1001us'", 1_001_000, true],
  ["'= 1.001ms'", 1_001_000, true],
  ["'= 1.001ms'", 1_000_999, false],
  ['10ns', 10, true],
  ["'!= 10ns'", 10, false],
  ["'> 1h30m'", 5_400_000 * MS + 1, true],
  ["'> 1h30m'", 5_400_000 * MS, false],
  ["{ '>=': 1ms, '<': 2ms }", MS, true],
  ["{ '>=': 1ms, '<': 2ms }", 2 * MS, false],
  ['[1ms, 2ms]', 2 * MS, true],
  ["'= 0'", 0, true],
  ["'< 1us'", -5, true],
  ["'> 0'", -5, false],
] as const)('%s of a span of %i ns: %s', (condition, duration, expected) => {
  expect(lasting(condition, duration)).toBe(expected);
});

test('one span, every span, the root: each by its own time, not by that of the trace', () => {
  const spans = [
    { duration: 5 * MS },
    { parent: '1', start: 100 * MS, duration: 50 * MS },
    { parent: '1', start: 900 * MS, duration: MS },
  ];
  expect(meets("{ any: { duration: '> 40ms' } }", ...spans)).toBe(true);
  expect(meets("{ any: { duration: '> 50ms' } }", ...spans)).toBe(false);
  expect(meets("{ all: { duration: '<= 50ms' } }", ...spans)).toBe(true);
  expect(meets("{ all: { duration: '< 50ms' } }", ...spans)).toBe(false);
  expect(meets("{ root: { duration: '= 5ms' } }", ...spans)).toBe(true);
});

test('bounds written in decimals are exact to the nanosecond in every unit', () => {
  const units = [
    ['us', 3],
    ['ms', 6],
    ['s', 9],
  ] as const;
  fc.assert(
    fc.property(
      fc.constantFrom(...units),
      fc.integer({ min: 0, max: 4_000_000_000_000 }),
      fc.integer({ min: -1, max: 1 }),
      ([unit, digits], ns, more) => {
        const padded = String(ns).padStart(digits + 1, '0');
        const bound = `${padded.slice(0, -digits)}.${padded.slice(-digits)}${unit}`;
        const view = writtenTrace([{ duration: ns + more }]);
        expect([bound, more, holds(ruleOf(`{ any: { duration: '= ${bound}' } }`), view)]).toEqual([
          bound,
          more,
          more === 0,
        ]);
        expect(holds(ruleOf(`{ any: { duration: '<= ${bound}' } }`), view)).toBe(more <= 0);
        expect(holds(ruleOf(`{ any: { duration: '>= ${bound}' } }`), view)).toBe(more >= 0);
      },
    ),
    { seed: 10, numRuns: 200 },
  );
});

test.each([
  ["'> 800'", 'any.duration: cannot be compared with, got `> 800`; write an operator and a duration with its unit'],
  ['800', 'any.duration: cannot be compared with'],
  ["'> -5ms'", 'any.duration: cannot be compared with'],
  ["'> 5 parsecs'", 'any.duration: cannot be compared with'],
  ['exists', 'any.duration: cannot be compared with'],
  ["{ matches: '5ms' }", 'any.duration: cannot be compared with'],
  ['[]', 'any.duration: is no list of values'],
  ['{ above: 5ms }', 'any.duration.above: is no operator'],
  ['[5ms, long]', 'any.duration: cannot be compared with'],
])('duration: %s is refused', (written, message) => {
  const found = mistakes(`{ any: { duration: ${written} } }`);
  expect(found).toHaveLength(1);
  expect(found[0]).toContain(message);
});

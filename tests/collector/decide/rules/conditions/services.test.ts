// Condition services: how many different services a trace touches, or whether one of those named takes part.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { writtenTrace, type WrittenSpan } from '#tests/support/written-trace.ts';
import { holds, meets, mistakes, ruleOf } from '#tests/support/rule-decision.ts';

const spansOf = (...services: readonly string[]): WrittenSpan[] => services.map((service) => ({ service }));

test.each([
  ["'= 1'", ['a'], true],
  ["'= 1'", ['a', 'a', 'a'], true],
  ["'> 1'", ['a', 'a'], false],
  ["'> 1'", ['a', 'b'], true],
  ['2', ['a', 'b', 'a'], true],
  ['2', ['a', 'b', 'c'], false],
  ["{ '>=': 2, '<': 4 }", ['a', 'b', 'c'], true],
  ["{ '>=': 2, '<': 4 }", ['a', 'b', 'c', 'd'], false],
  ["'!= 2'", ['a', 'b'], false],
  ['[1, 3]', ['a', 'b', 'c'], true],
  ['[1, 3]', ['a', 'b'], false],
  ["'>= 0'", ['a'], true],
] as const)('%s of the services %j: %s', (condition, services, expected) => {
  expect(meets(`{ services: ${condition} }`, ...spansOf(...services))).toBe(expected);
});

test.each([
  ['payment', ['front', 'payment'], true],
  ['payment', ['front'], false],
  ['[payment, fraud]', ['front', 'fraud'], true],
  ['[payment, fraud]', ['front', 'cart'], false],
  ['matches pay.*', ['front', 'payment'], true],
  ['matches pay', ['front', 'payment'], false],
] as const)('%s among the services %j: %s', (condition, services, expected) => {
  expect(meets(`{ services: ${condition} }`, ...spansOf(...services))).toBe(expected);
});

test('spans without a service share one, which is a service too', () => {
  expect(meets("{ services: '= 1' }", {}, {})).toBe(true);
  expect(meets("{ services: '= 2' }", {}, { service: 'a' })).toBe(true);
  expect(meets('{ services: unknown_service }', {}, { service: 'a' })).toBe(true);
});

test('the number is that of a set, for any services', () => {
  const some = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'), { minLength: 1, maxLength: 14 });
  fc.assert(
    fc.property(some, fc.integer({ min: 0, max: 8 }), (services, bound) => {
      const view = writtenTrace(spansOf(...services));
      const count = new Set(services).size;
      expect(holds(ruleOf(`{ services: '> ${bound}' }`), view)).toBe(count > bound);
      expect(holds(ruleOf(`{ services: '= ${bound}' }`), view)).toBe(count === bound);
    }),
    { seed: 5, numRuns: 100 },
  );
});

test('not: no span of the service takes part', () => {
  expect(meets('{ not: { services: payment } }', ...spansOf('front', 'cart'))).toBe(true);
  expect(meets('{ not: { services: payment } }', ...spansOf('front', 'payment'))).toBe(false);
});

test.each([
  ["'> many'", 'services: cannot be compared with, got `> many`'],
  ["'> -1'", 'services: cannot be compared with'],
  ['1.5', 'services: cannot be compared with'],
  ['[]', 'services: is no list of values'],
  ['[a, 5]', 'services: cannot be compared with'],
  ['{}', 'services: compares with nothing'],
  ['null', 'services: cannot be compared with'],
  ['true', 'services: cannot be compared with'],
  ['{ above: 5 }', 'services.above: is no operator'],
  ["'matches ('", 'services: is no RE2 regular expression'],
])('services: %s is refused', (written, message) => {
  const found = mistakes(`{ services: ${written} }`);
  expect(found).toHaveLength(1);
  expect(found[0]).toContain(message);
});

// Condition service: service.name of a span's resource as text, unknown_service without one.
import { expect, test } from 'vitest';
import { MAX_INTERNED_BYTES } from '#collector/model/intern-table.ts';
import type { WrittenSpan } from '#tests/support/written-trace.ts';
import { int, meets, mistakes, text } from '#tests/support/rule-decision.ts';

const of = (condition: string, span: WrittenSpan): boolean => meets(`{ any: { service: ${condition} } }`, span);

test.each([
  ['checkout', 'checkout', true],
  ['checkout', 'Checkout', false],
  ['checkout', 'checkout-2', false],
  ['[cart, checkout]', 'checkout', true],
  ['[cart, checkout]', 'payment', false],
  ["'!= cart'", 'checkout', true],
  ["'!= cart'", 'cart', false],
  ["{ matches: 'check.*' }", 'checkout', true],
  ["{ matches: 'check' }", 'checkout', false],
  ["{ matches: 'c.*', '!=': cart }", 'cart', false],
  ["{ matches: 'c.*', '!=': cart }", 'checkout', true],
  ['7', '7', true],
] as const)('%s on the service %s: %s', (condition, service, expected) => {
  expect(of(condition, { service })).toBe(expected);
});

test('a span whose resource names no service is unknown_service', () => {
  expect(of('unknown_service', {})).toBe(true);
  expect(of("'!= cart'", {})).toBe(true);
  expect(of("{ matches: '.+' }", { resource: { 'host.name': text('a') } })).toBe(true);
  expect(of('unknown_service', { service: 'a' })).toBe(false);
});

test('service.name of the span itself is no service, and one that is no text is none', () => {
  expect(of('b', { service: 'a', attributes: { 'service.name': text('b') } })).toBe(false);
  expect(of("'7'", { resource: { 'service.name': int(7) } })).toBe(false);
});

test('the service of one span, of every span, of the root', () => {
  const spans = [{ service: 'front' }, { service: 'cart', parent: '1' }];
  expect(meets('{ any: { service: cart } }', ...spans)).toBe(true);
  expect(meets('{ all: { service: cart } }', ...spans)).toBe(false);
  expect(meets('{ all: { service: [cart, front] } }', ...spans)).toBe(true);
  expect(meets('{ root: { service: cart } }', ...spans)).toBe(false);
  expect(meets('{ root: { service: front } }', ...spans)).toBe(true);
});

test('a service whose name is too long for a name is compared whole all the same', () => {
  const long = 'x'.repeat(2 * MAX_INTERNED_BYTES);
  expect(of(`${long}a`, { service: `${long}a` })).toBe(true);
  expect(of(`${long}b`, { service: `${long}a` })).toBe(false);
  expect(of("{ matches: 'x+a' }", { service: `${long}a` })).toBe(true);
});

test.each([
  ["{ matches: '[' }", 'any.service: is no RE2 regular expression'],
  ["'< b'", 'any.service: is no comparison for text'],
  ['missing', 'any.service: is no comparison for text'],
  ['[]', 'any.service: is no list of values'],
  ['{ one_of: [a] }', 'any.service.one_of: is no operator'],
  ['null', 'any.service: cannot be compared with'],
])('service: %s is refused', (written, message) => {
  const found = mistakes(`{ any: { service: ${written} } }`);
  expect(found).toHaveLength(1);
  expect(found[0]).toContain(message);
});

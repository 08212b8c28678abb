// Traps of policy boolean_attribute.
import { expect, test } from 'vitest';
import { decide, policy, withK } from '#tests/support/collector-decision.ts';

test('what is no bool reads as false', () => {
  expect(decide(policy('boolean_attribute', '{ key: k, value: false }'), withK({ stringValue: 'true' }))).toBe('+p');
  expect(decide(policy('boolean_attribute', '{ key: k, value: true }'), withK({ stringValue: 'true' }))).toBe('');
});

test('a missing key matches only when inverted', () => {
  expect(decide(policy('boolean_attribute', '{ key: k, value: false }'), {})).toBe('');
  expect(decide(policy('boolean_attribute', '{ key: k, value: false, invert_match: true }'), {})).toBe('+p');
});

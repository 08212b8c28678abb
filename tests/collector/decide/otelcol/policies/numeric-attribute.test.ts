// Traps of policy numeric_attribute.
import { expect, test } from 'vitest';
import { decide, errorsOf, policy, withK } from '#tests/support/collector-decision.ts';

test('reads what is no int as 0', () => {
  expect(decide(policy('numeric_attribute', '{ key: k, max_value: 5 }'), withK({ stringValue: 'x' }))).toBe('+p');
  expect(decide(policy('numeric_attribute', '{ key: k, min_value: 5 }'), withK({ doubleValue: 500 }))).toBe('');
});

test('takes a bound of 0 for no bound', () => {
  expect(decide(policy('numeric_attribute', '{ key: k, min_value: 0, max_value: 5 }'), withK({ intValue: -3 }))).toBe(
    '+p',
  );
});

test('never matches when the bounds cross, and without both it is refused, which the Collector dies of', () => {
  expect(decide(policy('numeric_attribute', '{ key: k, min_value: 9, max_value: 5 }'), withK({ intValue: 7 }))).toBe(
    '',
  );
  expect(errorsOf(`policies: ${policy('numeric_attribute', '{ key: k, min_value: 0 }')}`)).toContain(
    'which the Collector crashes on',
  );
});

test('inverted, a missing key is a match', () => {
  expect(decide(policy('numeric_attribute', '{ key: k, min_value: 5, invert_match: true }'), {})).toBe('+p');
});

test('a float is no int, whatever its value: only a range with 0 in it matches', () => {
  expect(
    decide(policy('numeric_attribute', '{ key: k, min_value: 500, max_value: 599 }'), withK({ doubleValue: 500 })),
  ).toBe('');
  expect(decide(policy('numeric_attribute', '{ key: k, max_value: 599 }'), withK({ doubleValue: 900 }))).toBe('+p');
});

test('bounds keep all their 64 bits', () => {
  const most = policy('numeric_attribute', '{ key: k, min_value: 9223372036854775807 }');
  expect(decide(most, withK({ intValue: '9223372036854775807' }))).toBe('+p');
  expect(decide(most, withK({ intValue: '9223372036854775806' }))).toBe('');
});

// Traps of policy string_attribute.
import { expect, test } from 'vitest';
import { decide, errorsOf, policy, withK } from '#tests/support/collector-decision.ts';

test('a regular expression is not anchored', () => {
  expect(
    decide(
      policy('string_attribute', '{ key: k, values: [bc], enabled_regex_matching: true }'),
      withK({ stringValue: 'abcd' }),
    ),
  ).toBe('+p');
  expect(decide(policy('string_attribute', '{ key: k, values: [bc] }'), withK({ stringValue: 'abcd' }))).toBe('');
});

test('what is no string reads as empty: a resource is still tested, a span is skipped', () => {
  const empty = policy('string_attribute', "{ key: k, values: ['^$'], enabled_regex_matching: true }");
  expect(decide(empty, { resource: { k: { intValue: 1 } } })).toBe('+p');
  expect(decide(empty, withK({ intValue: 1 }))).toBe('');
  expect(decide(empty, withK({ stringValue: '' }))).toBe('');
});

test('empty values are ignored', () => {
  expect(decide(policy('string_attribute', "{ key: k, values: [''] }"), { resource: { k: { stringValue: '' } } })).toBe(
    '',
  );
});

test('inverted, a missing key is a match, and one span that matches is none', () => {
  expect(decide(policy('string_attribute', '{ key: k, values: [a], invert_match: true }'), {})).toBe('+p');
  expect(
    decide(policy('string_attribute', '{ key: k, values: [a], invert_match: true }'), {}, withK({ stringValue: 'a' })),
  ).toBe('');
});

test('a pattern that does not compile is refused with its place', () => {
  expect(
    errorsOf(`policies: ${policy('string_attribute', "{ key: k, values: ['('], enabled_regex_matching: true }")}`),
  ).toContain('string_attribute.values');
});

test('a pattern that would make others backtrack for ages is read in linear time', () => {
  const began = performance.now();
  expect(
    decide(
      policy('string_attribute', "{ key: k, values: ['(a+)+$'], enabled_regex_matching: true }"),
      withK({ stringValue: `${'a'.repeat(20_000)}b` }),
    ),
  ).toBe('');
  expect(
    decide(
      policy('ottl_condition', `{ span: ['IsMatch(attributes["k"], "^(a|a)*$")'] }`),
      withK({ stringValue: `${'a'.repeat(20_000)}b` }),
    ),
  ).toBe('');
  expect(performance.now() - began).toBeLessThan(20_000);
});

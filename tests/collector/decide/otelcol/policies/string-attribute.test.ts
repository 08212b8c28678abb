// Policy string_attribute: a text of the resource or of the span, equal to one of several or met by a pattern.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import type { WrittenSpan } from '#tests/support/written-trace.ts';
import { decide, errorsOf, policy, refusal, withK } from '#tests/support/collector-decision.ts';

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

const k = (value: string): WrittenSpan => withK({ stringValue: value });

test.each([
  ['{ key: k, values: [a, b] }', 'b', true],
  ['{ key: k, values: [a, b] }', 'B', false],
  ['{ key: k, values: [a, b] }', 'ab', false],
  ['{ key: k, values: a }', 'a', true],
  ['{ key: k, values: [] }', 'a', false],
  ['{ key: k }', 'a', false],
  ["{ key: k, values: ['a.c'] }", 'abc', false],
  ["{ key: k, values: ['a.c'], enabled_regex_matching: true }", 'xabcx', true],
  ["{ key: k, values: ['^a.c$'], enabled_regex_matching: true }", 'xabcx', false],
  ["{ key: k, values: [x, '^a.c$'], enabled_regex_matching: true }", 'abc', true],
  ["{ key: k, values: ['(?i)ABC'], enabled_regex_matching: true }", 'abc', true],
  ['{ key: k, values: [a], invert_match: true }', 'b', true],
  ['{ key: k, values: [a], invert_match: true }', 'a', false],
  ['{ key: k, values: [ü], cache_max_size: 10 }', 'ü', true],
])('%s on %j: %s', (block, value, kept) => {
  expect(decide(policy('string_attribute', block), k(value))).toBe(kept ? '+p' : '');
  expect(decide(policy('string_attribute', block), { resource: { k: { stringValue: value } } })).toBe(kept ? '+p' : '');
});

test('resource and span are asked each for itself, and one span of all is enough', () => {
  const a = policy('string_attribute', '{ key: k, values: [a] }');
  expect(decide(a, { ...k('b'), resource: { k: { stringValue: 'a' } } })).toBe('+p');
  expect(decide(a, k('b'), {}, k('a'))).toBe('+p');
  expect(decide(a, k('b'), {})).toBe('');
  expect(decide(a, { attributes: { other: { stringValue: 'a' } } })).toBe('');
});

test('equality is that of texts for any values, and inverted it is the opposite of the whole trace', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 3 });
  fc.assert(
    fc.property(
      fc.array(text, { maxLength: 4 }),
      fc.array(fc.option(text, { nil: undefined }), { minLength: 1, maxLength: 4 }),
      (values, found) => {
        const spans = found.map((value) => (value === undefined ? {} : k(value)));
        // Empty values are ignored there.
        const holds = found.some((value) => value !== undefined && value !== '' && values.includes(value));
        for (const invert of [false, true])
          expect(
            decide(policy('string_attribute', JSON.stringify({ key: 'k', values, invert_match: invert })), ...spans),
          ).toBe(holds === invert ? '' : '+p');
      },
    ),
    { seed: 43, numRuns: 120 },
  );
});

test.each([
  ['{ key: k, values: [1] }', '.values: has the wrong type, got `[1]`; write a list of texts'],
  ["{ key: k, values: 'a,b' }", '.values: has the wrong type, got `a,b`'],
  ['{ key: k, values: 5 }', '.values: has the wrong type'],
  ['{ key: 5, values: [a] }', '.key: has the wrong type'],
  ['{ key: k, values: [a], enabled_regex_matching: yes please }', '.enabled_regex_matching: has the wrong type'],
  ['{ key: k, values: [a], regex: true }', '.regex: is no key here'],
  ["{ key: k, values: [a, '('], enabled_regex_matching: true }", '.values: is no RE2 regular expression'],
  ["{ key: k, values: ['(?=a)'], enabled_regex_matching: true }", '.values: is no RE2 regular expression'],
])('%s is refused', (block, message) => {
  expect(refusal('string_attribute', block)).toContain(message);
});

test('a pattern is no pattern while regular expressions are off', () => {
  expect(decide(policy('string_attribute', "{ key: k, values: ['('] }"), k('('))).toBe('+p');
});

// Policy numeric_attribute: an int of the resource or of the span within bounds.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import type { WrittenSpan } from '#tests/support/written-trace.ts';
import { decide, errorsOf, policy, refusal, withK } from '#tests/support/collector-decision.ts';

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

test.each([
  ['{ key: k, min_value: 5 }', 5, true],
  ['{ key: k, min_value: 5 }', 4, false],
  ['{ key: k, max_value: 5 }', 5, true],
  ['{ key: k, max_value: 5 }', 6, false],
  ['{ key: k, max_value: 5 }', -1_000_000, true],
  ['{ key: k, min_value: -5 }', -5, true],
  ['{ key: k, min_value: -5 }', -6, false],
  ['{ key: k, min_value: -5, max_value: -5 }', -5, true],
  ['{ key: k, min_value: 400, max_value: 599 }', 400, true],
  ['{ key: k, min_value: 400, max_value: 599 }', 599, true],
  ['{ key: k, min_value: 400, max_value: 599 }', 600, false],
  ['{ key: k, min_value: 400, max_value: 599, invert_match: true }', 500, false],
  ['{ key: k, min_value: 400, max_value: 599, invert_match: true }', 200, true],
])('%s of %i: %s', (block, value, kept) => {
  expect(decide(policy('numeric_attribute', block), withK({ intValue: value }))).toBe(kept ? '+p' : '');
  expect(decide(policy('numeric_attribute', block), { resource: { k: { intValue: value } } })).toBe(kept ? '+p' : '');
});

test('a missing key matches nothing, and one of several spans is enough', () => {
  const large = policy('numeric_attribute', '{ key: k, min_value: 5 }');
  expect(decide(large, {})).toBe('');
  expect(decide(large, { attributes: { other: { intValue: 9 } } })).toBe('');
  expect(decide(large, {}, withK({ intValue: 3 }), withK({ intValue: 9 }))).toBe('+p');
});

test('the answer is that of the bounds on every value of the trace', () => {
  const value = fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { nil: undefined });
  const near = fc.integer({ min: -9, max: 9 }).map(BigInt);
  const span = fc
    .tuple(fc.oneof(value, near), fc.oneof(value, near))
    .map(([own, shared]): WrittenSpan => ({
      ...(own !== undefined && { attributes: { k: { intValue: String(own) } } }),
      ...(shared !== undefined && { resource: { k: { intValue: String(shared) } } }),
    }));
  fc.assert(
    fc.property(fc.array(span, { minLength: 1, maxLength: 3 }), near, near, fc.boolean(), (spans, min, max, invert) => {
      fc.pre(min !== 0n || max !== 0n);
      const values = spans
        .flatMap(({ attributes, resource }) => [attributes?.['k'], resource?.['k']])
        .flatMap((one) => (one === undefined ? [] : BigInt(one['intValue'] as string)));
      const within = values.some((one) => (min === 0n || one >= min) && (max === 0n || one <= max));
      const block = `{ key: k, min_value: ${min}, max_value: ${max}, invert_match: ${invert} }`;
      expect(decide(policy('numeric_attribute', block), ...spans)).toBe(within === invert ? '' : '+p');
    }),
    { seed: 42, numRuns: 150 },
  );
});

test.each([
  ['{ key: k, min_value: 1.5 }', '.min_value: has the wrong type, got `1.5`; write a whole number'],
  ["{ key: k, max_value: '5' }", '.max_value: has the wrong type'],
  ['{ key: k, min_value: 9223372036854775808 }', '.min_value: has the wrong type'],
  ['{ key: [k], min_value: 5 }', '.key: has the wrong type'],
  ['{ key: k, min_value: 5, invert_match: 1 }', '.invert_match: has the wrong type'],
  ['{ key: k, min: 5 }', '.min: is no key here; did you mean `min_value`?'],
  ['{ key: k }', '.min_value: and max_value are both absent or 0, which the Collector crashes on'],
])('%s is refused', (block, message) => {
  expect(refusal('numeric_attribute', block)).toContain(message);
});

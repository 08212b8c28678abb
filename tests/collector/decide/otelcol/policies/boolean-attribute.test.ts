// Policy boolean_attribute: a bool of the resource or of the span.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import type { WrittenSpan } from '#tests/support/written-trace.ts';
import { decide, policy, refusal, withK } from '#tests/support/collector-decision.ts';

test('what is no bool reads as false', () => {
  expect(decide(policy('boolean_attribute', '{ key: k, value: false }'), withK({ stringValue: 'true' }))).toBe('+p');
  expect(decide(policy('boolean_attribute', '{ key: k, value: true }'), withK({ stringValue: 'true' }))).toBe('');
});

test('a missing key matches only when inverted', () => {
  expect(decide(policy('boolean_attribute', '{ key: k, value: false }'), {})).toBe('');
  expect(decide(policy('boolean_attribute', '{ key: k, value: false, invert_match: true }'), {})).toBe('+p');
});

const yes = { boolValue: true };
const no = { boolValue: false };
const TRUE = policy('boolean_attribute', '{ key: k, value: true }');
const FALSE = policy('boolean_attribute', '{ key: k, value: false }');

test.each([
  [yes, '+p', ''],
  [no, '', '+p'],
  [{ intValue: 1 }, '', '+p'],
  [{ stringValue: '' }, '', '+p'],
  [{}, '', '+p'],
])('k = %j: true wants it %j, false %j', (value, wantsTrue, wantsFalse) => {
  expect([decide(TRUE, withK(value)), decide(FALSE, withK(value))]).toEqual([wantsTrue, wantsFalse]);
  expect([decide(TRUE, { resource: { k: value } }), decide(FALSE, { resource: { k: value } })]).toEqual([
    wantsTrue,
    wantsFalse,
  ]);
});

test('resource and span are asked each for itself, and one of all spans is enough', () => {
  expect(decide(TRUE, { resource: { k: yes }, attributes: { k: no } })).toBe('+p');
  expect(decide(FALSE, { resource: { k: yes }, attributes: { k: no } })).toBe('+p');
  expect(decide(TRUE, withK(no), {}, withK(yes))).toBe('+p');
  expect(decide(TRUE, withK(no), {})).toBe('');
});

test('inverted it says the opposite of the whole trace', () => {
  const value = fc.constantFrom<Record<string, unknown> | undefined>(yes, no, undefined, { intValue: 1 });
  const span = fc
    .tuple(value, value)
    .map(([own, shared]): WrittenSpan => ({
      ...(own && { attributes: { k: own } }),
      ...(shared && { resource: { k: shared } }),
    }));
  fc.assert(
    fc.property(fc.array(span, { minLength: 1, maxLength: 4 }), fc.boolean(), (spans, wanted) => {
      const holds = spans
        .flatMap(({ attributes, resource }) => [attributes?.['k'], resource?.['k']])
        .some((one) => one !== undefined && (one['boolValue'] === true) === wanted);
      expect(decide(policy('boolean_attribute', `{ key: k, value: ${wanted} }`), ...spans)).toBe(holds ? '+p' : '');
      expect(decide(policy('boolean_attribute', `{ key: k, value: ${wanted}, invert_match: true }`), ...spans)).toBe(
        holds ? '' : '+p',
      );
    }),
    { seed: 41, numRuns: 100 },
  );
});

test('a value that is not written is false, as in the Collector', () => {
  expect(decide(policy('boolean_attribute', '{ key: k }'), withK(no))).toBe('+p');
});

test.each([
  ["{ key: k, value: 'true' }", '.value: has the wrong type, got `true`; write true or false'],
  ['{ key: 5, value: true }', '.key: has the wrong type'],
  ['{ key: k, value: 1 }', '.value: has the wrong type'],
  ['{ key: k, values: [true] }', '.values: is no key here; did you mean `value`?'],
  ['{ key: k, value: true, invert: true }', '.invert: is no key here; did you mean `invert_match`?'],
])('%s is refused', (block, message) => {
  expect(refusal('boolean_attribute', block)).toContain(message);
});

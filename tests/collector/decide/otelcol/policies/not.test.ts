// Policy not: the opposite of the one inside.
import { expect, test } from 'vitest';
import { decide, errorsOf, received, refusal, tickOf } from '#tests/support/collector-decision.ts';

const not = (inner: string): string => `[{ name: n, type: not, not: { not_sub_policy: ${inner} } }]`;

test('flips the one inside, which needs no name', () => {
  expect(decide(not('{ type: status_code, status_code: { status_codes: [ERROR] } }'), {})).toBe('+n');
  expect(decide(not('{ type: status_code, status_code: { status_codes: [ERROR] } }'), {}, { status: 2 })).toBe('');
});

test('tells threshold 0 whatever is inside', () => {
  const low = [received([{ traceState: 'ot=rv:00000000000000' }])];
  expect(
    tickOf(not('{ name: h, type: probabilistic, probabilistic: { sampling_percentage: 50 } }'), low, true)[0],
  ).toEqual({ keep: true, policy: 'n', threshold: 0n });
});

test('an error inside is an error', () => {
  expect(
    decide(
      not(
        '{ type: ottl_condition, ottl_condition: { error_mode: propagate, span: [\'Substring(name, 9, 9) == "x"\'] } }',
      ),
      {},
    ),
  ).toBe('');
});

test('takes one simple policy: none, a list, or one with others inside is refused', () => {
  expect(errorsOf('policies: [{ name: n, type: not }]')).toContain('not.not_sub_policy: is no map');
  expect(errorsOf(`policies: ${not('[{ type: always_sample }]')}`)).toContain('not_sub_policy');
  expect(errorsOf(`policies: ${not('{ name: a, type: and }')}`)).toContain('cannot stand inside this policy');
});

test('it is about the whole trace: one span that matches inside is enough against it', () => {
  const noFlags = not('{ type: trace_flags }');
  expect(decide(noFlags, {}, {})).toBe('+n');
  expect(decide(noFlags, {}, { flags: 1 })).toBe('');
});

test('not of a policy that inverts is that policy without it', () => {
  const inverted = not('{ type: string_attribute, string_attribute: { key: k, values: [a], invert_match: true } }');
  expect(decide(inverted, { attributes: { k: { stringValue: 'a' } } })).toBe('+n');
  expect(decide(inverted, {})).toBe('');
});

test('a kept trace has chance 1 around a filter, an unknown one around dice', () => {
  expect(tickOf(not('{ type: trace_flags }'), [received([{}])])[0]!.chance).toBe(1);
  const dice = not('{ type: probabilistic, probabilistic: { sampling_percentage: 0 } }');
  expect(tickOf(dice, [received([{}])])[0]).toMatchObject({ keep: true });
  expect(tickOf(dice, [received([{}])])[0]!.chance).toBeUndefined();
});

test.each([
  ['{ sub_policy: { type: always_sample } }', '.sub_policy: is no key here'],
  ['{ not_sub_policy: { type: nothing } }', '.not_sub_policy.type: is no policy type, got `nothing`'],
  ['{ not_sub_policy: { type: latency, latency: { threshold_ms: x } } }', '.not_sub_policy.latency.threshold_ms: has'],
  ['{ not_sub_policy: { name: 5, type: always_sample } }', '.not_sub_policy.name: is no name'],
  ['{ not_sub_policy: {} }', '.not_sub_policy.type: is no policy type, got `nothing`'],
])('%s is refused', (block, message) => {
  expect(refusal('not', block)).toContain(message);
});

// Traps of policy not.
import { expect, test } from 'vitest';
import { decide, errorsOf, received, tickOf } from '#tests/support/collector-decision.ts';

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

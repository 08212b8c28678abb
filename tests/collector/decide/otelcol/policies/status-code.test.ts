// Traps of policy status_code.
import { expect, test } from 'vitest';
import { decide, errorsOf, policy } from '#tests/support/collector-decision.ts';

test('one span with one of the codes is enough, and a span that sets none is UNSET', () => {
  expect(decide(policy('status_code', '{ status_codes: [ERROR] }'), {}, { status: 2 })).toBe('+p');
  expect(decide(policy('status_code', '{ status_codes: [UNSET] }'), { status: 2 }, {})).toBe('+p');
  expect(decide(policy('status_code', '{ status_codes: [OK] }'), { status: 2 })).toBe('');
});

test('codes are written in capitals, and at least one', () => {
  expect(errorsOf(`policies: ${policy('status_code', '{ status_codes: [error] }')}`)).toContain(
    'did you mean `ERROR`?',
  );
  expect(errorsOf(`policies: ${policy('status_code', '{ status_codes: [] }')}`)).toContain('is empty');
});

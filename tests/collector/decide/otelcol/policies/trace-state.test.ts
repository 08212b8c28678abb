// Traps of policy trace_state.
import { expect, test } from 'vitest';
import { decide, policy } from '#tests/support/collector-decision.ts';

const POLICY = policy('trace_state', '{ key: tenant, values: [a, b] }');

test('one span with the key and exactly one of the values is enough', () => {
  expect(decide(POLICY, {}, { traceState: 'x=1,tenant=b' })).toBe('+p');
  expect(decide(POLICY, { traceState: 'tenant=ab' })).toBe('');
});

test('a list with one bad member is ignored whole', () => {
  expect(decide(POLICY, { traceState: 'tenant=a,BAD=1' })).toBe('');
});

test('values that cannot stand in a tracestate are ignored', () => {
  expect(
    decide(policy('trace_state', `{ key: tenant, values: ['${'v'.repeat(250)}'] }`), {
      traceState: `tenant=${'v'.repeat(250)}`,
    }),
  ).toBe('');
});

// Policy trace_state: a member of some span has one of the values, exactly.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { decide, policy, refusal } from '#tests/support/collector-decision.ts';

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

test.each([
  ['tenant=a', '+p'],
  ['tenant=b', '+p'],
  ['tenant=c', ''],
  ['tenant=A', ''],
  [' tenant=a ', '+p'],
  ['x=1,tenant=a,y=2', '+p'],
  ['x=1,,tenant=a', '+p'],
  ['tenant@b=a', ''],
  ['x=1', ''],
  ['', ''],
  ['tenant=a,tenant=b', ''],
  ['tenant', ''],
  ['tenant=', ''],
])('%j: %j', (traceState, decision) => {
  expect(decide(POLICY, { traceState })).toBe(decision);
});

test('a list of 32 members is read, one of 33 is ignored whole', () => {
  const members = (count: number): string => Array.from({ length: count }, (_, i) => `k${i}=v`).join(',');
  expect(decide(POLICY, { traceState: `tenant=a,${members(31)}` })).toBe('+p');
  expect(decide(POLICY, { traceState: `tenant=a,${members(32)}` })).toBe('');
});

test('some span has the member with one of the values, whatever stands beside it', () => {
  const member = fc.tuple(fc.constantFrom('tenant', 'x', 'y'), fc.constantFrom('a', 'b', 'c', 'a b'));
  const list = fc.uniqueArray(member, { selector: ([key]) => key, maxLength: 3 });
  fc.assert(
    fc.property(fc.array(list, { minLength: 1, maxLength: 3 }), (lists) => {
      const spans = lists.map((members) => ({ traceState: members.map((pair) => pair.join('=')).join(',') }));
      const holds = lists.flat().some(([key, value]) => key === 'tenant' && (value === 'a' || value === 'b'));
      expect(decide(POLICY, ...spans)).toBe(holds ? '+p' : '');
    }),
    { seed: 47, numRuns: 100 },
  );
});

test('without values, or with empty ones alone, nothing matches', () => {
  expect(decide(policy('trace_state', '{ key: tenant }'), { traceState: 'tenant=a' })).toBe('');
  expect(decide(policy('trace_state', "{ key: tenant, values: [''] }"), { traceState: 'tenant=a' })).toBe('');
});

test.each([
  ['{ key: tenant, values: [1] }', '.values: has the wrong type, got `[1]`; write a list of texts'],
  ['{ key: 1, values: [a] }', '.key: has the wrong type'],
  ['{ key: tenant, value: a }', '.value: is no key here; did you mean `values`?'],
])('%s is refused', (block, message) => {
  expect(refusal('trace_state', block)).toContain(message);
});

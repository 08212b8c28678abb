// Policy trace_flags: the sampled bit of some span.
import { expect, test } from 'vitest';
import { decide, policy, refusal } from '#tests/support/collector-decision.ts';

test('one span with the sampled flag is enough; other flags are none', () => {
  expect(decide(policy('trace_flags'), {}, { flags: 0x301 })).toBe('+p');
  expect(decide(policy('trace_flags'), { flags: 0x302 })).toBe('');
});

test.each([
  [0, ''],
  [1, '+p'],
  [2, ''],
  [3, '+p'],
  [0xff, '+p'],
  [0x100, ''],
  [0xfffffffe, ''],
  [0xffffffff, '+p'],
])('flags %i: %j', (flags, decision) => {
  expect(decide(policy('trace_flags'), { flags })).toBe(decision);
});

test('a span without flags has none set, wherever its other fields lie', () => {
  expect(decide(policy('trace_flags'), {}, {})).toBe('');
  expect(decide(policy('trace_flags'), { flags: 1, traceState: 'a=b', links: 2, status: 2, events: ['a'] })).toBe('+p');
});

test('any key in its block is refused', () => {
  expect(refusal('trace_flags', '{ sampled: true }')).toContain('.sampled: is no key here');
});

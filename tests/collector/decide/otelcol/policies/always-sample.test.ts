// Policy always_sample.
import { expect, test } from 'vitest';
import { decide, policy } from '#tests/support/collector-decision.ts';

test('keeps every trace, and a key in its block is refused', () => {
  expect(decide(policy('always_sample'), {})).toBe('+p');
  expect(() => decide(policy('always_sample', '{ rate: 1 }'), {})).toThrow('always_sample.rate: is no key here');
});

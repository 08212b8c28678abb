// Policy always_sample: every trace, and nothing to set.
import { expect, test } from 'vitest';
import { decide, policy, received, refusal, tickOf } from '#tests/support/collector-decision.ts';

test('keeps every trace, and a key in its block is refused', () => {
  expect(decide(policy('always_sample'), {})).toBe('+p');
  expect(() => decide(policy('always_sample', '{ rate: 1 }'), {})).toThrow('always_sample.rate: is no key here');
});

test('tells that every trace is kept, with the least strict threshold', () => {
  expect(tickOf(policy('always_sample'), [received([{}]), received([{ status: 2 }, {}])])).toEqual([
    { keep: true, policy: 'p', threshold: 0n, chance: 1 },
    { keep: true, policy: 'p', threshold: 0n, chance: 1 },
  ]);
});

test.each(['5', '[a]', 'yes'])('a block %s is refused, none at all is fine', (block) => {
  expect(refusal('always_sample', block)).toContain(': is no map');
  expect(decide('[{ name: p, type: always_sample }]', {})).toBe('+p');
  expect(decide('[{ name: p, type: always_sample, always_sample: }]', {})).toBe('+p');
});

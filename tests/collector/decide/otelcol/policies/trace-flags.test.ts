// Policy trace_flags.
import { expect, test } from 'vitest';
import { decide, policy } from '#tests/support/collector-decision.ts';

test('one span with the sampled flag is enough; other flags are none', () => {
  expect(decide(policy('trace_flags'), {}, { flags: 0x301 })).toBe('+p');
  expect(decide(policy('trace_flags'), { flags: 0x302 })).toBe('');
});

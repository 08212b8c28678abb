// Traps of policy span_count.
import { expect, test } from 'vitest';
import { decide, errorsOf, policy } from '#tests/support/collector-decision.ts';

test('both bounds are inclusive, and 0 is no upper one', () => {
  expect(decide(policy('span_count', '{ min_spans: 2, max_spans: 2 }'), {}, {})).toBe('+p');
  expect(decide(policy('span_count', '{ min_spans: 2, max_spans: 2 }'), {}, {}, {})).toBe('');
  expect(decide(policy('span_count', '{ min_spans: 2, max_spans: 0 }'), {}, {}, {})).toBe('+p');
});

test('a bound that the Collector would wrap into keeping everything is refused', () => {
  expect(errorsOf(`policies: ${policy('span_count', '{ min_spans: 3000000000 }')}`)).toContain(
    'where the Collector wraps',
  );
});

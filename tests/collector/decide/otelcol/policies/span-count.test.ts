// Policy span_count: how many spans a trace has.
import { expect, test } from 'vitest';
import * as fc from 'fast-check';
import { decide, errorsOf, policy, refusal } from '#tests/support/collector-decision.ts';

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

test('the number of spans is held against both bounds, any numbers', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: -2, max: 12 }),
      fc.integer({ min: 0, max: 12 }),
      (count, least, most) => {
        const kept = decide(
          policy('span_count', `{ min_spans: ${least}, max_spans: ${most} }`),
          ...Array.from({ length: count }, () => ({})),
        );
        expect(kept).toBe(count >= least && (most === 0 || count <= most) ? '+p' : '');
      },
    ),
    { seed: 45, numRuns: 100 },
  );
});

test('nothing written keeps every trace, and an upper bound below 0 none', () => {
  expect(decide(policy('span_count'), {})).toBe('+p');
  expect(decide(policy('span_count', '{ max_spans: -1 }'), {})).toBe('');
});

test('the greatest numbers that the Collector takes are taken', () => {
  expect(decide(policy('span_count', '{ min_spans: 2147483647 }'), {})).toBe('');
  expect(decide(policy('span_count', '{ min_spans: -2147483648, max_spans: 2147483647 }'), {})).toBe('+p');
});

test.each([
  ['{ min_spans: 2147483648 }', '.min_spans: is beyond 31 bits'],
  ['{ max_spans: 2147483648 }', '.max_spans: is beyond 31 bits'],
  ['{ max_spans: -2147483649 }', '.max_spans: is beyond 31 bits'],
  ['{ min_spans: 2.5 }', '.min_spans: has the wrong type, got `2.5`; write a whole number'],
  ["{ min_spans: '2' }", '.min_spans: has the wrong type'],
  ['{ min_span: 2 }', '.min_span: is no key here; did you mean `min_spans`?'],
])('%s is refused', (block, message) => {
  expect(refusal('span_count', block)).toContain(message);
});

// Policies whose answer on one batch says nothing final: limits, upper bounds, and whatever holds one of them.
import { expect, test } from 'vitest';
import { isStateful } from '#collector/decide/otelcol/stateful.ts';

const limit = { type: 'rate_limiting' };
const filter = { type: 'status_code', status_code: { status_codes: ['ERROR'] } };

test.each<[unknown, boolean]>([
  [limit, true],
  [{ type: 'bytes_limiting', bytes_limiting: { bytes_per_second: 5 } }, true],
  [filter, false],
  [{ type: 'always_sample' }, false],
  [{ type: 'probabilistic', probabilistic: { sampling_percentage: 5 } }, false],
  [{ type: 'latency', latency: { threshold_ms: 5 } }, false],
  [{ type: 'latency', latency: { threshold_ms: 5, upper_threshold_ms: 9 } }, true],
  [{ type: 'latency', latency: { upper_threshold_ms: 9n } }, true],
  [{ type: 'latency', latency: { upper_threshold_ms: 0 } }, false],
  [{ type: 'latency', latency: { upper_threshold_ms: -1 } }, false],
  [{ type: 'span_count', span_count: { min_spans: 5 } }, false],
  [{ type: 'span_count', span_count: { max_spans: 5 } }, true],
  [{ type: 'and', and: { and_sub_policy: [filter, filter] } }, false],
  [{ type: 'and', and: { and_sub_policy: [filter, limit] } }, true],
  [{ type: 'not', not: { not_sub_policy: filter } }, false],
  [{ type: 'not', not: { not_sub_policy: limit } }, true],
  [{ type: 'drop', drop: { drop_sub_policy: [{ type: 'not', not: { not_sub_policy: limit } }] } }, true],
  [
    { type: 'composite', composite: { composite_sub_policy: [{ type: 'and', and: { and_sub_policy: [limit] } }] } },
    true,
  ],
  [{ type: 'composite' }, false],
  [{ type: 'and', and: {} }, false],
  [{ type: 'always_sample', latency: { upper_threshold_ms: 9 } }, false],
  [5, false],
  [undefined, false],
])('%o: %s', (policy, expected) => {
  expect(isStateful(policy)).toBe(expected);
});

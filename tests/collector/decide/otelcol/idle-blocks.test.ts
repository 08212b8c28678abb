// Blocks of a policy that its type does not use: read and refused all the same, as the Collector does, never looked at.
import { expect, test } from 'vitest';
import { checkIdleBlocks } from '#collector/decide/otelcol/idle-blocks.ts';
import { formatConfigError, type ConfigError } from '#proto/config/config-error.ts';
import { decide } from '#tests/support/collector-decision.ts';

function found(policy: Readonly<Record<string, unknown>>): string[] {
  const errors: ConfigError[] = [];
  checkIdleBlocks(policy, 'p', errors);
  return errors.map(formatConfigError);
}

test('a block that fits is nothing to speak of, and decides nothing', () => {
  expect(
    found({
      type: 'always_sample',
      latency: { threshold_ms: 5 },
      status_code: { status_codes: ['NOTHING'] },
      probabilistic: null,
      and: { and_sub_policy: [{ name: 'a', type: 'nothing', latency: { threshold_ms: 5 } }] },
      composite: { rate_allocation: [{ policy: 'x', percent: 5 }, null], policy_order: ['y'] },
    }),
  ).toEqual([]);
  expect(decide('[{ name: p, type: always_sample, latency: { threshold_ms: 5000 } }]', {})).toBe('+p');
});

test('its own block is looked at elsewhere', () => {
  expect(found({ type: 'latency', latency: { threshold_ms: 'long' } })).toEqual([]);
});

test.each<[Readonly<Record<string, unknown>>, string]>([
  [{ latency: { threshold_ms: 'long' } }, 'p.latency.threshold_ms: has the wrong type'],
  [{ latency: { treshold_ms: 5 } }, 'p.latency.treshold_ms: is no key here; did you mean `threshold_ms`?'],
  [{ status_code: { status_codes: [1] } }, 'p.status_code.status_codes: has the wrong type'],
  [{ string_attribute: 'a' }, 'p.string_attribute: is no map'],
  [{ numeric_attribute: { min_value: 1.5 } }, 'p.numeric_attribute.min_value: has the wrong type'],
  [{ boolean_attribute: { value: 1 } }, 'p.boolean_attribute.value: has the wrong type'],
  [{ probabilistic: { sampling_percentage: '5' } }, 'p.probabilistic.sampling_percentage: has the wrong type'],
  [{ rate_limiting: { bytes_per_second: 5 } }, 'p.rate_limiting.bytes_per_second: is no key here'],
  [{ ottl_condition: { span: 5 } }, 'p.ottl_condition.span: has the wrong type'],
  [{ trace_state: { values: [1] } }, 'p.trace_state.values: has the wrong type'],
  [{ and: { and_sub_policy: {} } }, 'p.and.and_sub_policy: has the wrong type'],
  [{ not: { not_sub_policy: [] } }, 'p.not.not_sub_policy: has the wrong type'],
  [{ and: { and_sub_policy: [{ name: 5 }] } }, 'p.and.and_sub_policy.name: has the wrong type, got `5`; write a text'],
  [{ drop: { drop_sub_policy: [{ type: [] }] } }, 'p.drop.drop_sub_policy.type: has the wrong type'],
  [{ not: { not_sub_policy: { latency: { threshold_ms: 'x' } } } }, 'p.not.not_sub_policy.latency.threshold_ms'],
  [{ composite: { rate_allocation: [{ percent: 'x' }] } }, 'p.composite.rate_allocation.percent: has the wrong type'],
  [{ composite: { rate_allocation: [{ share: 5 }] } }, 'p.composite.rate_allocation.share: is no key here'],
])('%o is refused', (blocks, message) => {
  const errors = found({ type: 'always_sample', ...blocks });
  expect(errors).toHaveLength(1);
  expect(errors[0]).toContain(message);
});

test('keys that are no blocks are left to others', () => {
  expect(found({ type: 'always_sample', name: 5, whatever: {} })).toEqual([]);
});

test('nesting has an end', () => {
  let policy: Record<string, unknown> = { latency: { threshold_ms: 'x' } };
  for (let depth = 0; depth < 200; depth++) policy = { and: { and_sub_policy: [policy] } };
  expect(found({ type: 'always_sample', ...policy })).toEqual([]);
});

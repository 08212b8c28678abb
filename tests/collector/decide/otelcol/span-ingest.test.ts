// The strategy span-ingest: each batch alone, and the first final answer stands.
import { expect, test } from 'vitest';
import { parseCollectorYaml } from '#proto/config/collector-file.ts';
import { compilePolicies } from '#collector/decide/otelcol/compile-policies.ts';
import type { PolicyDecision } from '#collector/decide/otelcol/policy-set.ts';
import { errorsOf, received } from '#tests/support/collector-decision.ts';
import type { WrittenSpan } from '#tests/support/written-trace.ts';

function batch(policies: string, spans: readonly WrittenSpan[], traceSpans = spans.length): PolicyDecision | undefined {
  const compiled = compilePolicies(
    parseCollectorYaml(`{ sampling_strategy: span-ingest, policies: ${policies} }`),
    true,
  );
  if (!compiled.ok) throw new Error('the policies must be valid');
  return compiled.value.shards[0]!.decideBatch({ ...received(spans), traceSpans });
}

const HALF = '{ name: h, type: probabilistic, probabilistic: { sampling_percentage: 50 } }';
const ALWAYS = '{ name: a, type: always_sample }';
const drop = (condition: string) =>
  `{ name: d, type: drop, drop: { drop_sub_policy: [{ type: ottl_condition, ottl_condition: { error_mode: propagate, span: ['${condition}'] } }] } }`;

test('the first policy that says sampled ends it, with its own threshold though a later one has a lower', () => {
  expect(batch(`[${HALF}, ${ALWAYS}]`, [{ traceState: 'ot=rv:ffffffffffffff' }])).toMatchObject({
    keep: true,
    policy: 'h',
    threshold: 1n << 55n,
  });
});

test('a drop policy that has not matched holds positive answers back, one that errs does not', () => {
  expect(batch(`[${ALWAYS}, ${drop('name == "other"')}]`, [{}])).toBeUndefined();
  expect(batch(`[${ALWAYS}, ${drop('name == "work"')}]`, [{}])).toMatchObject({ keep: false, policy: 'd' });
  expect(batch(`[${ALWAYS}, ${drop('Substring(name, 9, 9) == "x"')}]`, [{}])).toMatchObject({
    keep: true,
    policy: 'a',
  });
});

test('counts of spans, also those of composite, are of the trace so far', () => {
  const composite =
    '{ name: c, type: composite, composite: { max_total_spans_per_second: 3, composite_sub_policy: [{ name: x, type: always_sample }] } }';
  expect(batch(`[${composite}]`, [{}], 3)).toMatchObject({ keep: true });
  expect(batch(`[${composite}]`, [{}], 4)).toBeUndefined();
});

test('upper bounds need the whole trace, unless they are below 0, where the Collector has none', () => {
  const count = (most: number) =>
    errorsOf(
      `{ sampling_strategy: span-ingest, policies: [{ name: s, type: span_count, span_count: { min_spans: 1, max_spans: ${most} } }] }`,
    );
  expect(count(5)).toContain('needs the whole trace');
  expect([count(0), count(-1)]).toEqual(['', '']);
});
